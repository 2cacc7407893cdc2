//! Made-up Dockerfiles: from a grammar that leans towards the nasty, and from real files with damage done to them.
//! The same seed gives the same texts.

use crate::random::Random;

#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
];

#[rustfmt::skip]
const ODD_KEYWORDS: &[&str] = &[
    "RUNN", "FORM", "\"RUN\"", "R\\UN", "WOR\u{212a}DIR", "ONBU\u{131}LD", "V\u{130}", "COPY,", "#RUN",
    "RUN\u{a0}", "run:", "é", "\u{feff}RUN", "\0", "-", "MA\u{130}NTA\u{130}NER", "U\u{17f}ER", "[", "Env",
    "<<E",
];

/// What parts words, or seems to.
#[rustfmt::skip]
const GAPS: &[&str] = &[
    " ", " ", " ", " ", " ", " ", " ", " ", "  ", "\t", "\u{b}", "\u{c}", "\r", "\u{a0}", "\u{85}",
    "\u{2003}", "\u{2028}", "\u{3000}", "\u{feff}", "\u{200b}", "\\\n", "\\\n ", " \\\n  ", "\\ \t\n\t",
    "\\\r\n", " \\\n# c\n", " \\\n  # d \\\n", " \\\n\n", " \\\n \t\n  ", "`\n", " `\n  ", "\\\\\n", "``\n",
    "\\\u{b}\n", "\\\n\\\n", "\\", "`", "\n", "",
];

/// Mostly plain; a lone carriage return ends nothing.
#[rustfmt::skip]
const LINE_ENDS: &[&str] = &[
    "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n",
    "\n", "\n", "\n", "\r\n", "\r\n", "\r\n", "\r\r\n", "\r", "\n\n", "\n\n\n", "\n \t\n",
];

#[rustfmt::skip]
const FLAGS: &[&str] = &[
    "--from=a", "--from=$A", "--from=", "--from", "--chown=a:b", "--chmod=755", "--link", "--link=true",
    "--link=FALSE", "--link=1", "--link=", "--parents", "--exclude=*.x", "--exclude", "--keep-git-dir",
    "--keep-git-dir=maybe", "--unpack=false", "--checksum=sha256:0", "--platform=linux/amd64", "--platform",
    "--interval=5s", "--interval=5", "--interval=1.5h2m", "--timeout=1us", "--timeout=-1s",
    "--start-period=", "--start-interval=.5s", "--retries=3", "--retries=-1", "--retries=x",
    "--retries=99999999999", "--interval=9999999h", "--network=host", "--network=Host", "--network",
    "--security=insecure", "--security=", "--device=a", "--device=name=a,required", "--device=a,b,c=d",
    "--device=\\\"a", "--mount=type=cache,target=/x", "--mount=type=bind,from=a$b", "--mount=from=$",
    "--mount=", "--mount", "--mount=a\\\"b", "--mount=\\\"a,b\\\",c", "--mount=type=secret,id=é",
    "--Mount=x", "--frm=a", "--é=à", "--x", "--", "--\"\"", "-- ", "-x", "--'from'=b", "--fr\\om=b",
    "--from=\"a b\"", "--from='a\\'b'", "--from=\"a", "--from=a\\ b", "--from=`a", "---", "--=", "--=x",
    "--chown=a\u{a0}b", "--chown=a\u{85}b", "--from=a\\",
];

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "a", "b", "/x", ".", "as", "AS", "aS", "a\u{17f}", "1", "$A", "${A}", "${A:-b}", "${A:-${B}}", "${",
    "$", "\"a b\"", "'a b'", "\"a", "'", "it's", "\\", "\\\\", "\\\"", "\\ ", "`", "é", "🦀", "\u{feff}",
    "\0", "&&", "|", "#x", "#", "=", "a=b", "=b", "a=", "\"a b\"=c", "a=\"b c\"", "a='b c'd", "a=b\\ c",
    "A", "x.y-z_1", "X", "NONE", "none", "CMD", "cmd", "cmD", "80/tcp", "latest@sha256:0", "<", "<<",
    "<<<x", "à", "\u{85}", "[", "]", "{}", ",", "\u{1}", "\u{7f}", "a\\", "ENV", "RUN", "ONBUILD", "FROM",
    "MAINTAINER", "\u{e0}b", "\u{a0}", "a\u{a0}b", "${A/b/c}", "${A#b}", "${A:?\"}", "\u{10ffff}",
    "\u{fffd}",
];

#[rustfmt::skip]
const PAIRED: &[&str] = &[
    "a=b", "a=", "=b", "\"a b\"=c", "a=\"b c\"", "a='b \\'", "a=b\\ c", "a=$A", "a=\"\\\"\"", "a='\"'",
    "a==b", "'a'=b", "a=\u{a0}", "a=b\"c d\"e", "a=\\", "a=`", "é=à",
];

#[rustfmt::skip]
const MARKERS: &[&str] = &[
    "<<EOF", "<<-EOF", "<<\"EOF\"", "<<'EOF'", "<<-'E F'", "<< EOF", "<<- EOF", "3<<EOF", "<<E\\OF",
    "<<\\EOF", "<<E'O'F", "<<\"\"", "<<''EOF", "<<$A", "<<${B}", "<<${B:-c}", "<<A<<B", "<<EOF>f",
    "cat<<EOF", "$((1 << 2))", "\"<<EOF\"", "<<\tEOF", "<<EOF<", "99999999999999999999<<EOF", "<<é", "<<\"",
    "<<'a\"b'", "<<`EOF`", "<<EOF\\", "<<\u{a0}EOF", "<<${A:+b}", "<<${A-\"}", "<<${A:?b}", "<<$",
    "<<\\\"E", "<<\"\\E\"", "<<E\u{feff}", "<<\"E\\\"F\"", "<<\\", "<<'a b' c",
];

#[rustfmt::skip]
const BODIES: &[&str] = &[
    "x", "", "\ty", "  z", "# c", "RUN x", "\\", "x \\", "$A", "EOF ", " EOF", "\tEOF", "EOF", "E F",
    "\\EOF", "$A", "\r", "\u{b}", "é", "'", "c", "b", "2))", "EOF>f", "a\"b", "E\"F",
];

#[rustfmt::skip]
const JSON: &[&str] = &[
    "[]", "[ ]", "[\"a\"]", "[\"a\",\"b\"]", "[\"a\" , \"b c\"]", "['a']", "[\"a\",]", "[,]",
    "[\"a\" \"b\"]", "[\"a\"] x", "[1]", "[\"a\",1]", "[\"a\",null]", "[true,false]", "[\"a\",[\"b\"]]",
    "[{\"a\":1}]", "[{a:1}]", "[\"\\u00e9\\n\"]", "[\"\\ud83d\\ude00\"]", "[\"\\ud83d\"]", "[\"\\ud83dx\"]",
    "[\"\\ude00\\ud83d\"]", "[\"\\x\"]", "[\"a\tb\"]", "[\"a\u{1}b\"]", "[\"a\\\n,\"]", "[\"a\"\\\n,\"b\"]",
    "[\"a\", \\\n# c\n\"b\"]", "[01]", "[1e5, -0.5, 0]", "[1e999]", "[-]", "[\"é\u{2028}\"]", "[\"a\"]]",
    "[[\"a\"]", "\u{a0}[\"a\"]", "[\u{a0}\"a\"]", "[\"a\"\u{c}]", "[\"a\"\r]", "[ -f x ] && y", "[\"\"]",
    "[\" \",\"\"]", "[\"<<EOF\"]", "[\"\\/\\\"\\\\\"]", "[\"\u{0}\"]", "[\"a\", \"<<EOF\"]", "[\"\\u12\"]",
    "[\"\\uD800\\uDBFF\"]", "[nul]", "[truex]", "[\"\u{7f}\"]", "[1.]", "[.5]", "[1E+2]", "[-01]", "[{}]",
    "[{\"a\":\"b\",}]", "[{\"a\":[{\"b\":{}}]}]", "[\"powershell\", \"-command\"]", "[\"\\u0000\"]",
];

#[rustfmt::skip]
const TOPS: &[&str] = &[
    "# escape=`", "# escape=\\", "#escape = `", "  # escape=`", "# ESCAPE=`", "# escape=x", "# escape=``",
    "# escape=", "# escape= ", "# syntax=docker/dockerfile:1", "# syntax = a b", "# check=skip=all",
    "# check=skip=A;error=true", "# check=error=x", "# check=nonsense",
    "#check=skip = A , B;experimental=all;x", "# check=a=b;c", "# other=x", "#!/bin/sh", "# plain", "#", "",
    "#\u{a0}escape=`", "# escape=`\u{a0}", "\u{feff}# escape=`", "# e\u{17f}cape=`", "# escape\u{b}=`",
    "#\tescape\t=\t`\t", "# escape==", "# check=a b", "# check=\"", "// syntax=x", "# escape=\u{c}`",
    "# check=error=T;error=0", "# 1escape=`", "# esc-ape=`", "## escape=`",
];

#[rustfmt::skip]
const COMMENTS: &[&str] = &[
    "# c", "#", "# ", "  # d", "#\u{a0}", "# check=skip=X", "\t#e \\", "#f\r", "# escape=`", "#\0",
    "\u{a0}# g",
];

/// Lines that BuildKit accepts, for the rest to stand among.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "ADD --chown=1:2 --link a b /c/", "ADD --checksum=sha256:0 https://x/y /z", "ARG A=1 B",
    "CMD [\"a\", \"b\"]", "CMD a  b", "COPY --from=c --chmod=755 a b", "COPY [\"a b\", \"/c d/\"]",
    "COPY <<EOF /x\na\nEOF", "ENTRYPOINT a $A", "ENV A=b C=\"d e\" F='g h' I=j\\ k", "ENV A b  c",
    "EXPOSE 80 443/tcp", "FROM --platform=$BUILDPLATFORM a:1 AS c-1_2.x",
    "HEALTHCHECK --interval=5s --retries=3 CMD a || b", "HEALTHCHECK NONE", "LABEL a=b \"c d\"=\"e\"",
    "MAINTAINER a <b@c>", "ONBUILD RUN a \\\n  b", "ONBUILD COPY <<E a\nx\nE",
    "RUN a \\\n    # c\n    && b", "RUN --mount=type=cache,target=/x --network=none a",
    "RUN <<-'E F' cat\n\tx $y\n\tE F", "RUN <<A cat <<B\n1\nA\n2\nB", "RUN <<EOF\n#!/x\n  a \\\n\nEOF",
    "SHELL [\"a\", \"-c\"]", "STOPSIGNAL SIGTERM", "USER a:b", "VOLUME /a /b", "WORKDIR /a b",
];

/// Heredoc openings with the line that ends each.
#[rustfmt::skip]
const PAIRS: &[(&str, &str)] = &[
    ("<<EOF", "EOF"), ("<<-EOF", "\tEOF"), ("<<\"EOF\"", "EOF"), ("<<'E F'", "E F"), ("<< EOF", "EOF"),
    ("3<<EOF", "EOF"), ("<<\\EOF", "EOF"), ("<<E'O'F", "EOF"), ("<<E\\OF", "EOF"), ("<<$A", "$A"),
    ("<<${B}", "${B}"), ("<<${B:-c}", "c"), ("<<EOF>f", "EOF>f"), ("$((1 << 2))", "2))"),
    ("<<\tEOF", "EOF"), ("99999999999999999999<<EOF", "EOF"), ("<<é", "é"), ("<<'a\"b'", "a\"b"),
    ("<<\"E\\\"F\"", "E\"F"), ("<<`EOF`", "`EOF`"), ("<<\u{a0}EOF", "\u{a0}EOF"), ("<<\"\\E\"", "\\E"),
    ("<<''EOF", "EOF"), ("<<E\u{feff}", "E\u{feff}"), ("<<-", ""),
];

/// A file from the grammar.
pub fn file(random: &mut Random) -> String {
    let mut out = String::new();
    if random.one_in(20) {
        out.push('\u{feff}');
    }
    while random.one_in(4) {
        out += random.pick(TOPS);
        out += random.pick(LINE_ENDS);
    }
    if !random.one_in(12) {
        if random.one_in(5) {
            out += random.pick(&["ARG A=1", "arg b", "ARG A=\"${B}\" C", "ARG --x \\\n y"]);
            out += random.pick(LINE_ENDS);
        }
        out += random.pick(&["FROM a", "FROM a", "from b AS c", "FROM\tscratch  ", "FROM a\\\n"]);
        out += random.pick(LINE_ENDS);
    }
    for _ in 0..random.below(6) {
        if random.one_in(6) {
            out += random.pick(COMMENTS);
            out += random.pick(LINE_ENDS);
        }
        match random.below(10) {
            0..4 => {
                out += random.pick(PLAIN);
                out += random.pick(LINE_ENDS);
            }
            4 | 5 => with_bodies(random, &mut out),
            6 => {
                let keyword = random.pick(ODD_KEYWORDS);
                instruction(random, &mut out, keyword);
            }
            _ => {
                let keyword = random.pick(KEYWORDS);
                instruction(random, &mut out, keyword);
            }
        }
    }
    if random.one_in(6) {
        while out.ends_with(['\n', '\r']) {
            out.pop();
        }
    }
    if random.one_in(400) {
        long_line(random, &mut out);
    }
    while random.one_in(4) {
        out = damaged(random, &out);
    }
    out
}

/// An instruction with heredocs that mostly end.
fn with_bodies(random: &mut Random, out: &mut String) {
    out.push_str(random.pick(&[
        "RUN",
        "run --network=none",
        "COPY",
        "ADD --link",
        "ONBUILD RUN",
        "ONBUILD ADD",
        "CMD",
    ]));
    let mut ends = Vec::new();
    for _ in 0..1 + random.below(2) {
        out.push(' ');
        if random.one_in(3) {
            out.push_str(random.pick(WORDS));
            gap(random, out);
        }
        let (opening, end) = PAIRS[random.below(PAIRS.len())];
        out.push_str(opening);
        ends.push(end);
    }
    if random.one_in(2) {
        out.push_str(" /x");
    }
    out.push_str(random.pick(&["\n", "\n", "\r\n", " \\\n\n"]));
    for end in ends {
        for _ in 0..random.below(3) {
            out.push_str(random.pick(BODIES));
            out.push_str(random.pick(&["\n", "\n", "\n", "\r\n"]));
        }
        if !random.one_in(15) {
            out.push_str(end);
            out.push_str(random.pick(&["\n", "\n", "\n", "\r\n"]));
        }
    }
}

fn instruction(random: &mut Random, out: &mut String, keyword: &str) {
    if random.one_in(10) {
        out.push_str(random.pick(&[" ", "\t", "  ", "\u{a0}", "\u{c}", "\u{3000}", "\r"]));
    }
    let spelled = match random.below(8) {
        0 => keyword.to_lowercase(),
        1 => keyword
            .chars()
            .enumerate()
            .map(|(at, c)| if at % 2 == 0 { c.to_ascii_lowercase() } else { c })
            .collect(),
        _ => keyword.to_owned(),
    };
    out.push_str(&spelled);
    gap(random, out);
    let flags = match keyword {
        "COPY" | "ADD" | "RUN" | "HEALTHCHECK" | "FROM" => random.below(4).saturating_sub(1),
        _ => random.below(12).saturating_sub(10),
    };
    for _ in 0..flags {
        out.push_str(random.pick(FLAGS));
        gap(random, out);
    }
    match keyword {
        "ONBUILD" if !random.one_in(8) => {
            let inner = random.pick(KEYWORDS);
            return instruction(random, out, inner);
        }
        "HEALTHCHECK" if !random.one_in(4) => {
            out.push_str(random.pick(&["CMD", "cmd", "NONE", "none", "CMD\u{a0}x", "à", "Cmd"]));
            gap(random, out);
        }
        _ => {}
    }
    let json =
        matches!(keyword, "ADD" | "COPY" | "VOLUME" | "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "HEALTHCHECK");
    if random.one_in(if json { 3 } else { 20 }) {
        out.push_str(random.pick(JSON));
    } else {
        let usual = match keyword {
            "FROM" => [1, 1, 3],
            "COPY" | "ADD" => [2, 2, 3],
            _ => [1, 2, 0],
        };
        for at in 0..usual[random.below(3)] {
            let word = match (keyword, at) {
                ("FROM", 1) => random.pick(&["as", "AS", "a\u{17f}"]),
                ("ENV" | "LABEL" | "ARG", _) if !random.one_in(3) => random.pick(PAIRED),
                _ if random.one_in(20) => random.pick(MARKERS),
                _ => random.pick(WORDS),
            };
            out.push_str(word);
            gap(random, out);
        }
    }
    out.push_str(random.pick(LINE_ENDS));
}

fn gap(random: &mut Random, out: &mut String) {
    let gap = if random.one_in(5) { random.pick(GAPS) } else { " " };
    out.push_str(gap);
}

fn long_line(random: &mut Random, out: &mut String) {
    let length = 65_520 + random.below(30);
    let mut line = random.pick(&["RUN ", "# ", "", "RUN <<EOF\n", "RUN x \\\n"]).to_owned();
    while line.len() < length {
        line.push('x');
    }
    line.push_str(random.pick(LINE_ENDS));
    if random.one_in(2) {
        out.push_str(&line);
    } else {
        out.insert_str(0, &line);
    }
}

/// A text with one thing done to it: a character or line dropped, doubled, moved or put in.
pub fn damaged(random: &mut Random, text: &str) -> String {
    if random.one_in(2) {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.is_empty() {
            return text.to_owned();
        }
        let at = random.below(lines.len());
        match random.below(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at]),
            2 => {
                let other = random.below(lines.len());
                lines.swap(at, other);
            }
            3 => lines.truncate(at + 1),
            4 => lines[at] = lines[at].trim_end_matches('\n'),
            _ => {
                let top = random.pick(TOPS);
                return format!("{top}\n{text}");
            }
        }
        return lines.concat();
    }
    let mut letters: Vec<char> = text.chars().collect();
    let at = random.below(letters.len() + 1);
    if at == letters.len() || random.one_in(2) {
        let lists = [WORDS, GAPS, FLAGS, MARKERS, JSON, COMMENTS, ODD_KEYWORDS, KEYWORDS, LINE_ENDS];
        let list = lists[random.below(lists.len())];
        let piece: Vec<char> = random.pick(list).chars().collect();
        letters.splice(at..at, piece);
        return letters.into_iter().collect();
    }
    match random.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => {
            let other = random.below(letters.len());
            letters.swap(at, other);
        }
        _ => drop(letters.drain(at..(at + 1 + random.below(20)).min(letters.len()))),
    }
    letters.into_iter().collect()
}
