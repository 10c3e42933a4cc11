"""assay liabilities."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import JsonOption, QuietOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.liabilities.interface import LiabilitiesResult, Request
    from crawler.progress import Bars

LIABILITY_CODES = """Exit codes: 0 all checks hold; 1 one does not; 2 unusable input; 3 a check that
was asked for could not be made."""

app = typer.Typer(
    help="Check what is owed: published proofs and trees, a customer's proof, an id. Offline.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SystemArgument = Annotated[
    str, typer.Argument(metavar="SYSTEM", help="For example okx-merkle-v2, phemex; or auto.")
]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILES...", help="The published side first, the customer's file last."),
]
RootOption = Annotated[
    str, typer.Option(metavar="HEX", envvar="ASSAY_ROOT", help="The root on the public page.")
]
TreeOption = Annotated[
    bool,
    typer.Option("--tree", envvar="ASSAY_TREE", help="Draw the path from the leaf to the root."),
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        envvar="ASSAY_HTML",
        help="Write the result as a self-contained page.",
    ),
]
LenientOption = Annotated[
    bool,
    typer.Option(
        "--lenient",
        envvar="ASSAY_LENIENT",
        help="Take amounts in scientific notation (phemex).",
    ),
]
RuleOption = Annotated[
    str,
    typer.Option(
        metavar="PREFIX",
        envvar="ASSAY_MERKLE_RULE",
        help="Try only Merkle rules that begin so: sha256/comma.",
    ),
]


@app.command("verify", epilog=LIABILITY_CODES)
def verify(
    system: SystemArgument,
    files: FilesArgument,
    root: RootOption = "",
    tree: TreeOption = False,
    html: HtmlOption = None,
    lenient: LenientOption = False,
    merkle_rule: RuleOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check what was published: a tree, a list, a proof of the total.

    Example: assay liabilities verify okx-merkle-v2 full-liabilities-merkle-tree.txt
    """
    from crawler.liabilities.registry import choose
    from crawler.liability_files import open_files
    from crawler.progress import Bars

    request = _request(system, root, merkle_rule, lenient=lenient)
    with Bars(quiet=quiet) as bars:
        opened = open_files(files, _progress(bars))
        result = choose(system, opened).verify(opened, request)
    _show(result, as_json=as_json, tree=tree, html=html)


@app.command("include", epilog=LIABILITY_CODES)
def include(
    system: SystemArgument,
    files: FilesArgument,
    root: RootOption = "",
    tree: TreeOption = False,
    html: HtmlOption = None,
    lenient: LenientOption = False,
    merkle_rule: RuleOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check that a customer is counted: the last file is the customer's own.

    Example: assay liabilities include okx-merkle-v2 full-tree.txt user_info_file.json --tree
    """
    from crawler.liabilities.registry import choose
    from crawler.liability_files import open_files
    from crawler.progress import Bars

    request = _request(system, root, merkle_rule, lenient=lenient)
    with Bars(quiet=quiet) as bars:
        opened = open_files(files, _progress(bars))
        result = choose(system, opened).include(opened, request)
    _show(result, as_json=as_json, tree=tree, html=html)


@app.command("find", epilog=LIABILITY_CODES)
def find(
    system: SystemArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The published file.")],
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A hashed id, or a leaf's hash.")],
    root: RootOption = "",
    tree: TreeOption = False,
    html: HtmlOption = None,
    lenient: LenientOption = False,
    merkle_rule: RuleOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Look an id up in a published file, with its balances and its position.

    Example: assay liabilities find phemex liabilities.csv 0a1b2c --tree
    """
    from crawler.liabilities.interface import LiabilitiesError
    from crawler.liabilities.registry import choose
    from crawler.liability_files import open_files
    from crawler.progress import Bars

    request = _request(system, root, merkle_rule, lenient=lenient)
    with Bars(quiet=quiet) as bars:
        opened = open_files([file], _progress(bars))
        if len(opened) != 1:
            raise LiabilitiesError(f"{file.name} holds {len(opened)} files; name one of them")
        result = choose(system, opened).find(opened[0], wanted, request)
    _show(result, as_json=as_json, tree=tree, html=html)


def _progress(bars: Bars) -> Callable[[int], None]:
    """Return what is told of every block that is read: a bar in bytes."""
    bars.start("bytes read", None)

    def advance(count: int) -> None:
        bars.advance("bytes read", count)

    return advance


def _request(system: str, root: str, rule: str, *, lenient: bool) -> Request:
    """Return what the flags ask for, having checked them before any file is opened."""
    from crawler.liabilities.interface import LiabilitiesError, Request
    from crawler.liabilities.registry import AUTO, named

    if system != AUTO:
        named(system)
    bare = root.strip().lower().removeprefix("0x")
    if root and (not bare or set(bare) - set("0123456789abcdef")):
        raise LiabilitiesError(f"{root!r} is no root", hint="hex digits, as on the public page")
    return Request(root=bare, rule=rule, lenient=lenient)


def _show(result: LiabilitiesResult, *, as_json: bool, tree: bool, html: Path | None) -> None:
    from crawler.reports import liabilities as report

    if html is not None:
        from crawler.reports.folder import whole_file
        from crawler.reports.liabilities_page import render

        with whole_file(html) as page:
            page.write(render(result).encode())
    if as_json:
        sys.stdout.write(report.to_json(result))
    else:
        from rich.console import Console

        report.render(result, Console(), tree=tree)
    raise typer.Exit(result.exit_code)
