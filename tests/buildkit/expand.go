package main

import (
	"maps"
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// environment is what the words of `expand` see.
var environment = shell.EnvsFromSlice([]string{
	"A=1", "B=x  y", "E=", "P=/usr/local/a.b.tar.gz", "Q=a\"b'c\\d$A${0}$1$$", "N=a\nb\na", "U=é🦀é",
})

// expand takes the text for a word and gives what its expansion is in each way in which BuildKit reads words: in
// arguments, with the other escape character, and in the body of a heredoc.
func expand(file File) Row {
	row := Row{"ok": true}
	for name, lex := range map[string]*shell.Lex{
		"backslash": shell.NewLex('\\'),
		"backtick":  shell.NewLex('`'),
		"body":      body(),
	} {
		result, err := lex.ProcessWordWithMatches(file.Text, environment)
		if err != nil {
			row[name] = Row{"error": err.Error()}
			continue
		}
		words, err := lex.ProcessWords(file.Text, environment)
		if err != nil {
			row[name] = Row{"error": err.Error()}
			continue
		}
		if words == nil {
			words = []string{}
		}
		row[name] = Row{
			"text":      result.Result,
			"words":     words,
			"matched":   sorted(result.Matched),
			"unmatched": sorted(result.Unmatched),
		}
	}
	return row
}

func body() *shell.Lex {
	lex := shell.NewLex('\\')
	lex.SkipProcessQuotes = true
	return lex
}

func sorted(names map[string]struct{}) []string {
	found := []string{}
	return append(found, slices.Sorted(maps.Keys(names))...)
}
