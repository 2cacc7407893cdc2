package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Node is an instruction as the parser leaves it.
type Node struct {
	Value      string          `json:"value"`
	Attributes map[string]bool `json:"attributes,omitempty"`
	Flags      []string        `json:"flags"`
	Args       []string        `json:"args"`
	Sub        *Node           `json:"sub,omitempty"`
	Heredocs   []Heredoc       `json:"heredocs,omitempty"`
	Comments   []string        `json:"comments,omitempty"`
	StartLine  int             `json:"start_line"`
	EndLine    int             `json:"end_line"`
}

// Heredoc is a here-document as the parser leaves it.
type Heredoc struct {
	Name    string `json:"name"`
	Expand  bool   `json:"expand"`
	Chomp   bool   `json:"chomp"`
	FD      uint   `json:"fd"`
	Content string `json:"content"`
}

func ast(file File) Row {
	result, err := parser.Parse(strings.NewReader(file.Text))
	if err != nil {
		return Row{"ok": false, "error": err.Error(), "error_lines": lines(err)}
	}
	nodes := []*Node{}
	for _, child := range result.AST.Children {
		nodes = append(nodes, node(child))
	}
	warnings := []Row{}
	for _, warning := range result.Warnings {
		line := warning.Location.Start.Line
		warnings = append(warnings, Row{"short": warning.Short, "url": warning.URL, "line": line})
	}
	row := Row{"ok": true, "escape": string(result.EscapeToken), "ast": nodes, "warnings": warnings}
	if found := directives(file.Text); len(found) > 0 {
		row["directives"] = found
	}
	return row
}

func node(from *parser.Node) *Node {
	flags := from.Flags
	if flags == nil {
		flags = []string{}
	}
	to := &Node{
		Value:      from.Value,
		Attributes: from.Attributes,
		Flags:      flags,
		Args:       []string{},
		Comments:   from.PrevComment,
		StartLine:  from.StartLine,
		EndLine:    from.EndLine,
	}
	for next := from.Next; next != nil; next = next.Next {
		if len(next.Children) > 0 {
			to.Sub = node(next.Children[0])
			continue
		}
		to.Args = append(to.Args, next.Value)
	}
	for _, heredoc := range from.Heredocs {
		to.Heredocs = append(to.Heredocs, Heredoc{
			Name:    heredoc.Name,
			Expand:  heredoc.Expand,
			Chomp:   heredoc.Chomp,
			FD:      heredoc.FileDescriptor,
			Content: heredoc.Content,
		})
	}
	return to
}

func directives(text string) Row {
	found := Row{}
	if ref, full, at, ok := parser.DetectSyntax([]byte(text)); ok {
		found["syntax"] = Row{"ref": ref, "full": full, "line": at[0].Start.Line}
	}
	if ref, full, at, ok := parser.ParseDirective("check", []byte(text)); ok {
		found["check"] = Row{"first": ref, "full": full, "line": at[0].Start.Line}
	}
	return found
}

// lines gives the first and last line of each place that an error names.
func lines(err error) [][2]int {
	var located *parser.LocationError
	found := [][2]int{}
	if errors.As(err, &located) {
		for _, ranges := range located.Locations {
			if len(ranges) > 0 {
				found = append(found, [2]int{ranges[0].Start.Line, ranges[len(ranges)-1].End.Line})
			}
		}
	}
	return found
}

// typed says which step refuses the file, if one of those does that know nothing of variables and images.
func typed(file File) Row {
	refused := func(step string, err error) Row {
		row := Row{"ok": false, "step": step, "error": err.Error()}
		if places := lines(err); len(places) > 0 {
			row["line"] = places[0][0]
		}
		return row
	}
	result, err := parser.Parse(strings.NewReader(file.Text))
	if err != nil {
		return refused("parse", err)
	}
	stages, _, err := instructions.Parse(result.AST, linter.New(&linter.Config{}))
	if err != nil {
		return refused("instruction", err)
	}
	options, _, _, _ := parser.ParseDirective("check", []byte(file.Text))
	if _, err := linter.ParseLintOptions(options); err != nil {
		return refused("convert", fmt.Errorf("failed to parse check options: %w", err))
	}
	if len(stages) == 0 {
		return refused("convert", errors.New("dockerfile contains no stages to build"))
	}
	return Row{"ok": true, "stages": len(stages)}
}

// bench times the parser alone, on one thread.
func bench(files []File) {
	runtime.GOMAXPROCS(1)
	bytes, rounds, start := 0, 0, time.Now()
	for time.Since(start) < 5*time.Second {
		for _, file := range files {
			bytes += len(file.Text)
			_, _ = parser.Parse(strings.NewReader(file.Text))
		}
		rounds++
	}
	seconds := time.Since(start).Seconds()
	fmt.Fprintf(os.Stdout, "{\"files\":%d,\"rounds\":%d,\"bytes\":%d,\"seconds\":%.3f,\"megabytes_per_second\":%.2f}\n",
		len(files), rounds, bytes, seconds, float64(bytes)/seconds/1e6)
}
