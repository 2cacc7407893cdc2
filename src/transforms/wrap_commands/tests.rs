//! With a width of forty, so that the lines are short.

use super::WRAP_COMMANDS;
use crate::config::{LayoutOptions, Operators};
use crate::transforms::testing::{check, check_laid_out, same};

fn narrow() -> LayoutOptions {
    LayoutOptions { width: Some(40), ..LayoutOptions::default() }
}

#[track_caller]
fn wraps(before: &str, after: &str) {
    check_laid_out(&WRAP_COMMANDS, &narrow(), &format!("FROM a\n{before}\n"), &format!("FROM a\n{after}\n"));
}

#[track_caller]
fn stays(text: &str) {
    wraps(text, text);
}

#[test]
fn chains_are_broken_before_each_operator() {
    wraps(
        "RUN one --with words && two --with words && three",
        "RUN one --with words \\\n    && two --with words \\\n    && three",
    );
    stays("RUN one --with words && two && three");
    // A line without an operator is as long as it is.
    stays("RUN one --with --very many-words-in-it --and more of-them");
}

#[test]
fn alternatives_stay_with_their_command() {
    wraps(
        "RUN one --with words || true && two --with words || exit 1",
        "RUN one --with words || true \\\n    && two --with words || exit 1",
    );
}

#[test]
fn lists_are_broken_behind_each_semicolon() {
    wraps(
        "RUN set -eux; one --with words && two; three;",
        "RUN set -eux; \\\n    one --with words \\\n    && two; \\\n    three;",
    );
}

#[test]
fn operators_stand_where_the_file_has_them() {
    wraps(
        "RUN a && \\\n    b\nRUN one --with words && two --with words && three",
        "RUN a && \\\n    b\nRUN one --with words && \\\n    two --with words && \\\n    three",
    );
    let trailing = LayoutOptions { operators: Some(Operators::Trailing), ..narrow() };
    check_laid_out(
        &WRAP_COMMANDS,
        &trailing,
        "FROM a\nRUN one --with words && two --with more words\n",
        "FROM a\nRUN one --with words && \\\n    two --with more words\n",
    );
    // A chain that is broken already goes before the file.
    wraps(
        "RUN a && \\\n    b && \\\n    c\nRUN d \\\n    && one --with words && two --with words",
        "RUN a && \\\n    b && \\\n    c\nRUN d \\\n    && one --with words \\\n    && two --with words",
    );
}

#[test]
fn an_operator_at_a_line_end_has_its_place() {
    stays("RUN a \\\n    && one --with --very many-words-in-it && \\\n    b");
    stays("RUN a && \\\n    b\nRUN c \\\n    && one --with --very many-words-in-it");
}

#[test]
fn long_installs_get_a_line_for_each_package() {
    wraps(
        "RUN apt-get update && apt-get install -y --no-install-recommends one two && three",
        "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n        one \\\n        two \\\n    && three",
    );
    wraps(
        "RUN apk add --no-cache --virtual .build one two three",
        "RUN apk add --no-cache --virtual .build \\\n    one \\\n    two \\\n    three",
    );
    // Options behind packages may take a value.
    wraps(
        "RUN apt-get install -y package-one package-two -t stable",
        "RUN apt-get install -y \\\n    package-one \\\n    package-two \\\n    -t stable",
    );
    stays("RUN apt-get install -y one two");
}

#[test]
fn a_list_that_goes_on_below_is_broken_as_a_whole() {
    wraps(
        "RUN a \\\n    && apt-get install -y package-one two \\\n        three four",
        "RUN a \\\n    && apt-get install -y \\\n        package-one \\\n        two \\\n        three \\\n        four",
    );
}

#[test]
fn what_is_not_certain_to_be_packages_stays_on_its_line() {
    stays("RUN apt-get install --unknown-option one two three four");
    stays("RUN pip install -r requirements-of-the-whole-project.txt");
}

#[test]
fn the_inside_of_blocks_stays_on_its_line() {
    stays("RUN if one --with words; then two && three --with words; fi");
    wraps(
        "RUN (one --with words && two) && three --with words",
        "RUN (one --with words && two) \\\n    && three --with words",
    );
}

#[test]
fn quotes_and_substitutions_hold_no_operators() {
    stays("RUN echo 'one --with words && two --with words'");
    stays("RUN echo \"$(one --with words && two --with words)\"");
}

#[test]
fn what_no_shell_reads_stays() {
    stays("RUN one --with words && two --with <<E\nwords && three --with words && four --with words\nE");
    stays("RUN one --with words # two && three --with words && four");
    stays("ONBUILD RUN one --with words && two --with words");
    stays("RUN [\"one\", \"--with\", \"words && two --with words\"]");
    stays("CMD one --with words && two --with --many more words");
    check_laid_out(
        &WRAP_COMMANDS,
        &narrow(),
        "# escape=`\nFROM a\nRUN one --with words && two --with words\n",
        "# escape=`\nFROM a\nRUN one --with words && two --with words\n",
    );
}

#[test]
fn line_ends_are_those_of_the_file() {
    check_laid_out(
        &WRAP_COMMANDS,
        &narrow(),
        "FROM a\r\nRUN one --with words && two --with more words\r\n",
        "FROM a\r\nRUN one --with words \\\r\n    && two --with more words\r\n",
    );
}

#[test]
fn the_width_is_that_of_the_indented_line() {
    // 117 characters at the margin, 121 with the indent that is yet to come.
    let long = "x".repeat(108);
    same(&WRAP_COMMANDS, &format!("FROM a\nRUN a; \\\n{long} && y\n"));
    check(
        &WRAP_COMMANDS,
        &format!("FROM a\nRUN a; \\\n{long} && yyyyy\n"),
        &format!("FROM a\nRUN a; \\\n{long} \\\n    && yyyyy\n"),
    );
}
