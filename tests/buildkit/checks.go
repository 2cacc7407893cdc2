package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
)

// checks lists what BuildKit's own checks find, over all stages, by line, rule and message.
func checks(file File) Row {
	text := []byte(file.Text)
	options := convertOptions("")
	options.SourceMap = llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", text)
	options.SourceMap.Definition = &llb.Definition{}
	found, err := dockerfile2llb.DockerfileLint(context.Background(), text, options)
	if err != nil {
		return Row{"ok": false, "error": err.Error()}
	}
	warnings := []Row{}
	for _, warning := range found.Warnings {
		row := Row{"rule": warning.RuleName, "message": warning.Detail, "line": int32(0), "end_line": int32(0)}
		if ranges := warning.Location.GetRanges(); len(ranges) > 0 {
			row["line"] = ranges[0].Start.Line
			row["end_line"] = ranges[len(ranges)-1].End.Line
		}
		warnings = append(warnings, row)
	}
	slices.SortStableFunc(warnings, func(a, b Row) int {
		first, second := a["line"].(int32), b["line"].(int32)
		return cmp.Or(
			cmp.Compare(first, second),
			cmp.Compare(a["rule"].(string), b["rule"].(string)),
			cmp.Compare(a["message"].(string), b["message"].(string)),
		)
	})
	row := Row{"ok": found.Error == nil, "warnings": warnings}
	if found.Error != nil {
		row["error"] = found.Error.Message
		if ranges := found.Error.Location.GetRanges(); len(ranges) > 0 {
			row["error_line"] = ranges[0].Start.Line
		}
	}
	return row
}
