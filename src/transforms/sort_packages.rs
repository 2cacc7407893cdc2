//! `sort-packages`: long lists of packages are kept in the order of the alphabet.

use super::checks::Checks;
use super::commands::{Call, calls, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::shell::{Action, Manager, Word};
use crate::source::Span;

/// Sorts lists of packages.
pub(super) const SORT_PACKAGES: Transform = Transform {
    name: "sort-packages",
    summary: "sort the packages of a list over several lines, if `[packages]` of dockfix.toml asks for it",
    category: Category::Packages,
    effect: Effect::SameImage,
    default: true,
    fixes: &["DBP-7"],
    explain: "\
A sorted list shows what is there twice, and a change of it is a change of one line.
With `sort = true` in `[packages]` of dockfix.toml, the packages that apt-get, apk, dnf, yum, microdnf, tdnf and zypper install are sorted where their list stands on more than one line.
Each name goes to the place of another, so lines, continuations and comments stay where they are. What a comment, an option or a variable parts from the rest is sorted by itself: a comment stands above those that it speaks of.
Safe when this is proven:
PK1 the words of the command are certain: no option is unknown, and no name is an instruction to remove.",
    examples: &[
        Example {
            files: &[("dockfix.toml", "[packages]\nsort = true\n")],
            before: "FROM debian:12\nRUN apt-get install -y \\\n    wget \\\n    curl \\\n    # for the build\n    make \\\n    gcc\n",
            after: "FROM debian:12\nRUN apt-get install -y \\\n    curl \\\n    wget \\\n    # for the build\n    gcc \\\n    make\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get install -y \\\n    wget \\\n    curl\n",
            after: "FROM debian:12\nRUN apt-get install -y \\\n    wget \\\n    curl\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if input.options.packages.sort != Some(true) {
        return Vec::new();
    }
    runs(input).iter().flat_map(|run| calls(run).iter().filter_map(judge).collect::<Vec<_>>()).collect()
}

fn judge(call: &Call<'_>) -> Option<Diagnostic> {
    let install = &call.install;
    let sorts = matches!(install.manager, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper)
        && install.action == Action::Install
        && install.is_certain();
    let names = call.install.operands.iter().filter_map(|at| call.placed.command.words[*at].literal());
    // `apt-get install x-` removes.
    if !sorts || names.into_iter().any(|name| name.ends_with('-')) {
        return None;
    }
    let edits: Vec<Edit> = groups(call).iter().flat_map(|group| sorted(call, group)).collect();
    if edits.is_empty() {
        return None;
    }
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", call.name()));
    Some(checks.fix(call.span(), "the packages are in no order", "sort the packages", edits, &[]))
}

/// A package and its place in the file.
struct Slot<'c> {
    word: &'c Word,
    place: Span,
}

/// The packages that stand side by side, with nothing but blanks and line breaks between.
fn groups<'c>(call: &'c Call<'_>) -> Vec<Vec<Slot<'c>>> {
    let words = &call.placed.command.words;
    let source = call.run.input.source.text();
    let mut groups: Vec<Vec<Slot<'c>>> = vec![Vec::new()];
    let mut last: Option<usize> = None;
    for at in &call.install.operands {
        let word = &words[*at];
        let place = call.run.place(word.span).filter(|_| word.literal().is_some());
        let Some(place) = place else {
            groups.push(Vec::new());
            last = None;
            continue;
        };
        let follows = last.is_some_and(|last| last + 1 == *at);
        let before = groups.last().and_then(|group| group.last()).map(|slot: &Slot<'_>| slot.place.end());
        let parted =
            before.and_then(|end| source.get(end..place.start())).is_none_or(|gap| gap.contains('#'));
        if !follows || parted {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(Slot { word, place });
        }
        last = Some(*at);
    }
    groups
}

/// The edits that put each name of a group into its place; none where the group stands on one line.
fn sorted(call: &Call<'_>, group: &[Slot<'_>]) -> Vec<Edit> {
    let source = call.run.input.source.text();
    let several = group
        .first()
        .zip(group.last())
        .is_some_and(|(first, last)| source[first.place.start()..last.place.end()].contains('\n'));
    if !several {
        return Vec::new();
    }
    let mut order: Vec<&Slot<'_>> = group.iter().collect();
    order.sort_by_key(|slot| slot.word.literal());
    let moved = group.iter().zip(order).filter(|(slot, other)| slot.place != other.place);
    let edit = |(slot, other): (&Slot<'_>, &Slot<'_>)| Edit::replace(slot.place, other.place.of(source));
    moved.map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_in;
    use super::SORT_PACKAGES;

    const SORT: &[(&str, &str)] = &[("dockfix.toml", "[packages]\nsort = true\n")];

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        check_in(&SORT_PACKAGES, SORT, &format!("FROM a\nRUN {before}\n"), &format!("FROM a\nRUN {after}\n"));
    }

    #[test]
    fn names_change_places_and_nothing_else() {
        becomes("apk add b \\\n  a", "apk add a \\\n  b");
        becomes(
            "apt-get install -y c a \\\n\n    b=1 && x c a \\\n b",
            "apt-get install -y a b=1 \\\n\n    c && x c a \\\n b",
        );
        becomes("dnf install -y 'b>1' \\\n a", "dnf install -y a \\\n 'b>1'");
        becomes("zypper in b \\\n a \\\n a", "zypper in a \\\n a \\\n b");
    }

    #[test]
    fn comments_options_and_variables_part_the_list() {
        becomes("apk add d \\\n c \\\n # two\n b \\\n a", "apk add c \\\n d \\\n # two\n a \\\n b");
        becomes("apt-get install d \\\n c -y \\\n b \\\n a", "apt-get install c \\\n d -y \\\n a \\\n b");
        becomes("apk add d \\\n c $X \\\n b \\\n a", "apk add c \\\n d $X \\\n a \\\n b");
    }

    #[test]
    fn line_ends_and_escape_character_stay() {
        check_in(
            &SORT_PACKAGES,
            SORT,
            "# escape=`\r\nFROM a\r\nRUN apk add `\r\n    b `\r\n    # x\r\n    d `\r\n    c\r\nCMD [\"b\"]\r\n",
            "# escape=`\r\nFROM a\r\nRUN apk add `\r\n    b `\r\n    # x\r\n    c `\r\n    d\r\nCMD [\"b\"]\r\n",
        );
        becomes("<<EOF\napk add b \\\n a\nEOF", "<<EOF\napk add a \\\n b\nEOF");
    }

    #[test]
    fn what_is_not_certain_stays() {
        for run in [
            "apk add b a",
            "apk add --surprise b \\\n a",
            "apt-get install b \\\n a-",
            "apt-get remove b \\\n a",
            "pip install b \\\n a",
            "echo b \\\n a",
            "apk add b \\\n # a\n a",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn it_is_not_done_unasked() {
        let text = "FROM a\nRUN apk add b \\\n a\n";
        check_in(&SORT_PACKAGES, &[], text, text);
    }
}
