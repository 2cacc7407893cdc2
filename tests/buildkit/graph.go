package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// graph compiles the default target and every named stage, as a build would, and gives a digest of all results:
// build graph and image configuration. Lines and descriptions are no part of a graph. Two files of one `digest`
// build the same; two files of one `digest_words` would, but for the blanks between the words of their shell forms.
func graph(file File) Row {
	row := compile(file.Text)
	words := reduce(file.Text)
	if words == file.Text {
		row["digest_words"] = row["digest"]
	} else {
		row["digest_words"] = compile(words)["digest"]
	}
	return row
}

func compile(text string) Row {
	whole := sha256.New()
	first, err := target(text, "")
	row := Row{"ok": err == nil}
	if err != nil {
		row["error"] = err.Error()
	}
	whole.Write([]byte(outcome(first, err)))
	stages := map[string]any{}
	for _, name := range names(text) {
		if _, done := stages[name]; done {
			continue
		}
		found := outcome(target(text, name))
		stages[name] = found
		whole.Write([]byte("\x00" + name + "\x00" + found))
	}
	row["stages"] = stages
	row["digest"] = hex.EncodeToString(whole.Sum(nil))
	return row
}

// Parts of an error that change from run to run, or with the layout: lines, guesses from an unordered table, and
// which of several bad names was met first.
var unsteady = regexp.MustCompile(`on line \d+| \(did you mean .*\?\)|failed to parse stage name .*`)

// outcome is a digest or an error without its unsteady parts.
func outcome(digest string, err error) string {
	if err != nil {
		return "error: " + unsteady.ReplaceAllString(err.Error(), "…")
	}
	return digest
}

func names(text string) []string {
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return nil
	}
	stages, _, err := instructions.Parse(result.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil
	}
	var found []string
	for _, stage := range stages {
		if stage.Name != "" {
			found = append(found, stage.Name)
		}
	}
	return found
}

func target(text, name string) (string, error) {
	result, err := dockerfile2llb.Dockerfile2LLB(context.Background(), []byte(text), convertOptions(name))
	if err != nil {
		return "", err
	}
	// Every local source would else get an identifier of its own.
	definition, err := result.State.Marshal(context.Background(), llb.LocalUniqueID("local"))
	if err != nil {
		return "", err
	}
	head, err := definition.Head()
	if err != nil {
		return "", err
	}
	config, err := json.Marshal(result.Image)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(head.String()+"\x00"), config...))
	return hex.EncodeToString(sum[:]), nil
}

var platform = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

func convertOptions(name string) dockerfile2llb.ConvertOpt {
	capabilities := pb.Caps.CapSet(pb.Caps.All())
	return dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			Target:         name,
			BuildPlatforms: []ocispecs.Platform{platform},
		},
		TargetPlatform: &platform,
		MetaResolver:   images{},
		LLBCaps:        &capabilities,
	}
}

// images resolves every reference to an image of one layer and an empty configuration, without a network.
type images struct{}

func (images) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	of := platform
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		of = *opt.ImageOpt.Platform
	}
	config, err := json.Marshal(map[string]any{
		"architecture": of.Architecture,
		"os":           of.OS,
		"variant":      of.Variant,
		"config":       map[string]any{},
		// An image without layers would be taken for `scratch`, and its name would be lost.
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest.FromString(ref).String()}},
	})
	return ref, "", config, err
}
