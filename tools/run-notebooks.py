"""Executes the notebooks of examples/notebook in Deno's kernel; fails on any error, or a cell that shows nothing.

    python tools/run-notebooks.py DENO [--write]

Needs nbclient; tools/run-notebooks.sh installs it. With --write the outputs are kept.
"""
import json
import os
import sys
import tempfile
import time
from pathlib import Path

deno, write = sys.argv[1], "--write" in sys.argv
folder = Path(__file__).resolve().parent.parent / "examples" / "notebook"
data = Path(tempfile.mkdtemp(prefix="jupyter-"))
os.environ["JUPYTER_DATA_DIR"] = str(data)
kernel = data / "kernels" / "deno"
kernel.mkdir(parents=True)
kernel.joinpath("kernel.json").write_text(
    json.dumps(
        {
            "argv": [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
            "display_name": "Deno",
            "language": "typescript",
        }
    )
)

import nbformat  # noqa: E402  (reads JUPYTER_DATA_DIR)
from nbclient import NotebookClient  # noqa: E402


def subscribed(client: NotebookClient) -> None:
    """Outputs are published, and lost before the client's subscription has reached the kernel: probes until one arrives."""
    for _ in range(50):
        probe = nbformat.v4.new_code_cell("'probe'")
        client.nb.cells.append(probe)
        client.execute_cell(probe, len(client.nb.cells) - 1)
        client.nb.cells.pop()
        if probe.outputs:
            return
    raise SystemExit("the kernel's outputs do not arrive")


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs. A cell whose output a busy machine lost is run again: all of them may be."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, iopub_timeout=60, kernel_name="deno", resources={"metadata": {"path": str(folder)}}
    )
    with client.setup_kernel():
        subscribed(client)
        for index, cell in enumerate(notebook.cells):
            for attempt in range(10):
                client.execute_cell(cell, index)
                if cell.cell_type != "code" or kinds_of(cell):
                    break
                print(f"{path.name}: cell {index} showed nothing in attempt {attempt + 1}")
                time.sleep(attempt)
            else:
                raise SystemExit(f"{path.name}: a cell shows nothing:\n{cell.source}\n{cell.outputs}")
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds_of(cell):
    return {kind for output in cell.outputs for kind in output.get("data", {})}


for path in sorted(folder.glob("*.ipynb")):
    notebook = executed(path)
    shown = [" ".join(sorted(kinds_of(cell))) for cell in code_cells(notebook)]
    if not any("text/html" in kinds for kinds in shown):
        raise SystemExit(f"{path.name}: no cell shows HTML")
    print(f"{path.name}: {len(shown)} cells, " + "; ".join(shown))
    if write:
        nbformat.write(notebook, path)
