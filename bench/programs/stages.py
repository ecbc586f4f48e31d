"""The stages of the front end, each over the same sources: tokens, trees, symbol tables, code, and code as `marshal` has it.

The sources are the Python files below the folder BENCH_SOURCES, or those of this repository.
"""
import ast
import io
import marshal
import os
import pathlib
import symtable
import tokenize
import warnings

import pyperf

FOLDER = pathlib.Path(os.environ.get("BENCH_SOURCES") or pathlib.Path(__file__).resolve().parents[2])
PARTS = ["bench", "tests", "tools"]


def sources():
    """Texts of the files that are valid UTF-8 and valid Python."""
    folders = [FOLDER] if "BENCH_SOURCES" in os.environ else [FOLDER / part for part in PARTS]
    texts = []
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        try:
            text = path.read_text("utf-8")
            compile(text, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        texts.append(text)
    return texts


def each(stage, items):
    """A function that runs a stage over all items."""

    def run():
        for item in items:
            stage(item)

    return run


def tokens(text):
    for _ in tokenize.generate_tokens(io.StringIO(text).readline):
        pass


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    texts = sources()
    codes = [compile(text, "source", "exec", dont_inherit=True) for text in texts]
    files = [marshal.dumps(code) for code in codes]
    runner = pyperf.Runner()
    runner.bench_func("stage_tokens", each(tokens, texts))
    runner.bench_func("stage_parse", each(ast.parse, texts))
    runner.bench_func("stage_symtable", each(lambda text: symtable.symtable(text, "source", "exec"), texts))
    runner.bench_func("stage_compile", each(lambda text: compile(text, "source", "exec", dont_inherit=True), texts))
    runner.bench_func("stage_dumps", each(marshal.dumps, codes))
    runner.bench_func("stage_loads", each(marshal.loads, files))
