package main

import "testing"

func TestWords(t *testing.T) {
	for text, expected := range map[string]string{
		"a  b\t c":                      "a b c",
		"a;b&&c ||d|e 2>&1 >|f &>g":     "a ; b && c || d | e 2>&1 >|f &>g",
		"a) b;; c|d)  e;;  ":            "a) b ;; c | d) e ;; ",
		`a\;b\&&c`:                      `a\;b\&&c`,
		"a 'b  c'  \"d  e\"":            "a 'b  c' \"d  e\"",
		`a \  b`:                        `a \  b`,
		"a  # it's   so":                "a # it's so",
		`echo "$(a "b  c")  d"  e`:      `echo "$(a "b  c")  d" e`,
		`echo "${a:-"b  c"}  d"  e`:     `echo "${a:-"b  c"}  d" e`,
		"echo \"`a \\\"b  c\\\"`\"  e":  "echo \"`a \\\"b  c\\\"`\" e",
		`echo $(a  "b  c")  d`:          `echo $(a "b  c") d`,
		`echo ${a:-b  c}  d`:            `echo ${a:-b  c} d`,
		`echo $'it\'s  a'  b`:           `echo $'it\'s  a'  b`,
		`echo "a  b`:                    `echo "a  b`,
		`echo "$(case x in a) "b  c"  `: `echo "$(case x in a) "b  c"  `,
	} {
		if found := words(text); found != expected {
			t.Errorf("%q: %q, not %q", text, found, expected)
		}
	}
}

func TestReduceLeavesTheRest(t *testing.T) {
	text := "FROM a\n# kept\nRUN a \\\n  # dropped\n   b   <<E\n  x  y\nE\nCOPY a   b\nCMD x  \"y  z\""
	expected := "FROM a\n# kept\nRUN a b <<E\n  x  y\nE\nCOPY a   b\nCMD x \"y  z\"\n"
	if found := reduce(text); found != expected {
		t.Errorf("%q", found)
	}
	text = "FROM a AS b\nSHELL [\"pwsh\", \"-c\"]\nRUN a  b\nFROM b\nRUN a  b\nFROM c\nRUN a  b\nFROM b\nSHELL [\"/bin/sh\", \"-c\"]\nRUN a  b\n"
	expected = "FROM a AS b\nSHELL [\"pwsh\", \"-c\"]\nRUN a  b\nFROM b\nRUN a  b\nFROM c\nRUN a b\nFROM b\nSHELL [\"/bin/sh\", \"-c\"]\nRUN a b\n"
	if found := reduce(text); found != expected {
		t.Errorf("%q", found)
	}
	for _, text := range []string{
		"# escape=`\nFROM a\nRUN a  b\n",
		"FROM a\nSHELL [\"powershell\"]\nRUN a  b\n",
		"FROM a\nRUN a  b\\ \\\n",
		"FROM a\nCOPY a  b\n",
	} {
		if found := reduce(text); found != text {
			t.Errorf("%q: %q", text, found)
		}
	}
}

func TestGraphKnowsWhatIsLayout(t *testing.T) {
	digest := func(text, key string) any { return graph(File{Text: text})[key] }
	base := "FROM a AS x\nRUN b && c\nFROM scratch\nCOPY --from=x /d /e\n"
	for text, same := range map[string][2]bool{
		"from  a as x\n\n# z\nRun b && c\nFROM scratch\nCOPY --from=x  /d \\\n /e\n": {true, true},
		"FROM a AS x\nRUN b \\\n    && c\nFROM scratch\nCOPY --from=x /d /e\n":       {false, true},
		"FROM a AS x\nRUN b && c\nFROM scratch\nCOPY --from=x /d /f\n":               {false, false},
		"FROM a2 AS x\nRUN b && c\nFROM scratch\nCOPY --from=x /d /e\n":              {false, false},
	} {
		if found := digest(text, "digest") == digest(base, "digest"); found != same[0] {
			t.Errorf("%q: same string: %v", text, found)
		}
		if found := digest(text, "digest_words") == digest(base, "digest_words"); found != same[1] {
			t.Errorf("%q: same words: %v", text, found)
		}
	}
}
