package main

import (
	"path"
	"reflect"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// maxLine is the most that BuildKit's scanner takes in one line.
const maxLine = 65535

// reduce rewrites a Dockerfile so that each shell form stands on one line, one blank between its words. Where that
// would change anything else, and where the shell may not be a POSIX one, the text stays.
func reduce(text string) string {
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil || result.EscapeToken != '\\' {
		return text
	}
	source := strings.SplitAfter(text, "\n")
	var out strings.Builder
	next := 0
	kinds := posix(result.AST.Children)
	for at, child := range result.AST.Children {
		line, ok := reducedLine(child)
		if !ok || !kinds[at] {
			continue
		}
		body := child.EndLine
		for _, heredoc := range child.Heredocs {
			body -= strings.Count(heredoc.Content, "\n") + 1
		}
		out.WriteString(strings.Join(source[next:child.StartLine-1], ""))
		out.WriteString(line + "\n")
		next = body
	}
	out.WriteString(strings.Join(source[min(next, len(source)):], ""))
	if reduced := out.String(); onlyShellChanged(text, reduced) {
		return reduced
	}
	return text
}

// posix says of each instruction whether the shell in force splits words as sh does. That of a base image is taken for
// one that does.
func posix(nodes []*parser.Node) []bool {
	stages := map[string]bool{}
	var kinds []bool
	stage, kind := "", true
	for _, node := range nodes {
		switch {
		case strings.EqualFold(node.Value, "from") && node.Next != nil:
			known, ok := stages[strings.ToLower(node.Next.Value)]
			kind = known || !ok
			stage = ""
			if as := node.Next.Next; as != nil && as.Next != nil {
				stage = strings.ToLower(as.Next.Value)
			}
		case strings.EqualFold(node.Value, "shell") && node.Next != nil:
			switch path.Base(node.Next.Value) {
			case "sh", "bash", "ash", "dash", "ksh", "zsh":
				kind = true
			default:
				kind = false
			}
		}
		if stage != "" {
			stages[stage] = kind
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// shellForm is the node that holds the text which a shell will read, if the instruction has one.
func shellForm(node *parser.Node) *parser.Node {
	if node.Attributes["json"] {
		return nil
	}
	switch strings.ToLower(node.Value) {
	case "run", "cmd", "entrypoint":
		return node.Next
	case "healthcheck":
		if node.Next != nil && strings.EqualFold(node.Next.Value, "cmd") {
			return node.Next.Next
		}
	}
	return nil
}

func reducedLine(node *parser.Node) (string, bool) {
	shell := shellForm(node)
	if shell == nil {
		return "", false
	}
	// The first line of a file may carry a byte-order mark, which is not in the original text of the node.
	before, ok := strings.CutSuffix(strings.TrimSpace(node.Original), shell.Value)
	if !ok || node.StartLine == 1 {
		return "", false
	}
	line := before + words(shell.Value)
	continues := strings.HasSuffix(strings.TrimRight(line, " \t"), `\`)
	if continues || len(line) > maxLine || strings.Contains(line, "\n") {
		return "", false
	}
	return line, true
}

// onlyShellChanged compares two trees but for their lines and the shell forms, which must have equal words.
func onlyShellChanged(before, after string) bool {
	one, err := parser.Parse(strings.NewReader(before))
	if err != nil {
		return false
	}
	other, err := parser.Parse(strings.NewReader(after))
	if err != nil {
		return false
	}
	strip := func(result *parser.Result) []*Node {
		var nodes []*Node
		for _, child := range result.AST.Children {
			if shell := shellForm(child); shell != nil {
				shell.Value = words(shell.Value)
			}
			plain := node(child)
			plain.StartLine, plain.EndLine = 0, 0
			nodes = append(nodes, plain)
		}
		return nodes
	}
	return reflect.DeepEqual(strip(one), strip(other))
}

// words puts one blank where a shell text has several between words, and one around each operator that needs none. What
// stands in quotes, after a backslash or in a
// substitution inside quotes is kept as it is: rather one blank too many than a difference lost.
func words(text string) string {
	var out strings.Builder
	// Whether a blank stands at the end already.
	parted := false
	part := func() {
		if !parted && out.Len() > 0 {
			out.WriteByte(' ')
		}
		parted = true
	}
	for at := 0; at < len(text); {
		if length := operator(text, at); length > 0 {
			part()
			out.WriteString(text[at:at+length] + " ")
			at += length
			continue
		}
		if text[at] != ' ' && text[at] != '\t' {
			if text[at] == '#' && (parted || out.Len() == 0) {
				return out.String() + strings.Join(strings.Fields(text[at:]), " ")
			}
			parted = false
		}
		switch letter := text[at]; {
		case letter == ' ' || letter == '\t':
			part()
			at++
		case strings.HasPrefix(text[at:], "$'"):
			// Whether a backslash counts in there depends on the shell.
			return out.String() + text[at:]
		case letter == '\'' || letter == '"' || letter == '`' || strings.HasPrefix(text[at:], "${"):
			end := quoted(text, at)
			out.WriteString(text[at:end])
			at = end
		case letter == '\\' && at+1 < len(text):
			out.WriteString(text[at : at+2])
			at += 2
		default:
			out.WriteByte(letter)
			at++
		}
	}
	return out.String()
}

// operator is the length of an operator that parts words without blanks; those of redirections do not.
func operator(text string, at int) int {
	if at > 0 && (text[at-1] == '>' || text[at-1] == '<') {
		return 0
	}
	for _, known := range []string{";;&", ";;", ";&", "&&", "||", "|&", ";", "|"} {
		if strings.HasPrefix(text[at:], known) {
			return len(known)
		}
	}
	return 0
}

// quoted is the end of the quoted part at `at`; the end of the text where it is not closed. A substitution inside
// double quotes has quotes of its own, so it is skipped as a whole.
func quoted(text string, at int) int {
	opening := text[at]
	closing := opening
	at++
	if opening == '$' {
		at, closing = at+1, '}'
	}
	for at < len(text) {
		switch {
		case text[at] == closing:
			return at + 1
		case opening == '\'':
			at++
		case text[at] == '\\':
			at += 2
		case opening == '"' && (text[at] == '`' || strings.HasPrefix(text[at:], "${")):
			at = quoted(text, at)
		case opening != '`' && strings.HasPrefix(text[at:], "$("):
			at = substitution(text, at+2)
		case opening == '$' && (text[at] == '\'' || text[at] == '"' || text[at] == '`'):
			at = quoted(text, at)
		default:
			at++
		}
	}
	return len(text)
}

// substitution is the end of a `$(` whose inside starts at `at`. A `case` may hold a lone parenthesis, and a comment
// anything at all, so from there on the whole text is kept.
func substitution(text string, at int) int {
	for depth := 1; at < len(text); {
		switch letter := text[at]; {
		case letter == '\'' || letter == '"' || letter == '`' || strings.HasPrefix(text[at:], "${"):
			at = quoted(text, at)
		case letter == '\\':
			at += 2
		case letter == '#' || strings.HasPrefix(text[at:], "case"):
			return len(text)
		case letter == '(':
			depth++
			at++
		case letter == ')':
			at++
			if depth--; depth == 0 {
				return at
			}
		default:
			at++
		}
	}
	return len(text)
}
