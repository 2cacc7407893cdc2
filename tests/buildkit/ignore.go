package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	gofs "io/fs"
	"path/filepath"
	"sort"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// tree is a context: files alone, folders come by themselves.
type tree struct {
	Ignore string   `json:"ignore"`
	Paths  []string `json:"paths"`
}

// ignored says which files of a context reach the builder. The text of the file is a tree as JSON.
func ignored(file File) Row {
	var asked tree
	if err := json.Unmarshal([]byte(file.Text), &asked); err != nil {
		return Row{"ok": false, "error": err.Error()}
	}
	patterns, err := ignorefile.ReadAll(strings.NewReader(asked.Ignore))
	if err != nil {
		return Row{"ok": false, "error": err.Error()}
	}
	filtered, err := fsutil.NewFilterFS(asked, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return Row{"ok": false, "error": err.Error()}
	}
	sent := []string{}
	err = filtered.Walk(context.Background(), "/", func(path string, entry gofs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			sent = append(sent, path)
		}
		return err
	})
	if err != nil {
		return Row{"ok": false, "error": err.Error()}
	}
	return Row{"ok": true, "sent": sent}
}

// Walk visits the tree as a walk over a disk would: a folder before what lies in it, names in order.
func (t tree) Walk(_ context.Context, _ string, visit gofs.WalkDirFunc) error {
	folders := map[string]bool{}
	for _, path := range t.Paths {
		for at := range path {
			if path[at] == '/' {
				folders[path[:at]] = true
			}
		}
	}
	all := append([]string{}, t.Paths...)
	for folder := range folders {
		all = append(all, folder)
	}
	key := func(path string) string { return strings.ReplaceAll(path, "/", "\x00") }
	sort.Slice(all, func(a, b int) bool { return key(all[a]) < key(all[b]) })
	skipped := ""
	for _, path := range all {
		if skipped != "" && strings.HasPrefix(path, skipped) {
			continue
		}
		mode := gofs.FileMode(0o644)
		if folders[path] {
			mode = gofs.ModeDir | 0o755
		}
		entry := &fsutil.DirEntryInfo{Stat: &types.Stat{Path: path, Mode: uint32(mode)}}
		err := visit(path, entry, nil)
		if errors.Is(err, filepath.SkipDir) {
			skipped = path + "/"
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Open is never asked for.
func (t tree) Open(string) (io.ReadCloser, error) {
	return nil, gofs.ErrNotExist
}
