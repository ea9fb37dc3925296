#!/usr/bin/env python3
"""structure.py: measures how the tree is built, and checks it against the bounds below. `./dev structure` prints, `./dev lint` checks.

  functions   lines from the name to the closing brace, of the C files of core/ and plugins/ without tests
  files       lines of the same files
  rooms       every #include against the table of ARCHITECTURE.md: a room uses only rooms that its row lists and that stand above it;
              a header in core/ itself is a room of its own; a plugin includes the public headers and its own folder
  circles     rooms that reach each other by includes, counted from the files, whatever the table says
  arrows      inside a room whose own header lists its files from top to bottom (core/server/server.h): which file uses which, by an
              include, a function or a variable. One that runs back up is a fault; so is a file that is not in the list
  documented  functions declared in include/yuzui for which a comment stands at the end of their lines, or directly before them or
              before the first of the group they belong to: declarations without a blank line or a body between. A rule with
              a title ("---- verbs ----") is no comment

Usage: structure.py [--check] [ROOT]. With --check, a line for each broken bound or include and exit code 1; else the numbers.
"""
import itertools
import pathlib
import re
import subprocess
import sys

FUNCTION_P90 = 22  # lines, at most
FILE_MEDIAN = 180  # lines, at most
DOCUMENTED = 0.95  # at least

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
ROW = re.compile(r"^\| `((?:core/)?[\w.]+/?(?:yuzui/)?)` \|.*\| ([^|]*) \|$", re.M)


def sources(root, *folders, kinds=("c", "h")):
    found = (path for folder in folders for kind in kinds for path in sorted((root / folder).rglob("*." + kind)))
    return [path for path in found if not path.name.startswith("test_")]


def ctags(root, paths, kinds, form, *options):
    command = ["ctags", "-x", "--sort=no", "--c-kinds=" + kinds, "--language-force=C", "-I", "YZ_PRINTF+", "--_xformat=" + form, *options]
    done = subprocess.run(command + [str(path) for path in paths], cwd=root, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


# ---- sizes


def function_lengths(root):
    found = ctags(root, sources(root, "core", "plugins", kinds=("c",)), "f", "%{line}\t%{end}")
    return sorted(int(end) - int(first) + 1 for first, end in found)


def file_lengths(root):
    return sorted(len(path.read_text().splitlines()) for path in sources(root, "core", "plugins", kinds=("c",)))


def share_of(numbers, percent):
    return numbers[len(numbers) * percent // 100]


# ---- rooms


def room_of(root, path):
    """core/base/x.c: "base"; core/worker.h: "worker.h"; plugins/retry/x.c: "plugins/retry"; include/yuzui/x.h: "include"."""
    parts = path.relative_to(root).parts
    if parts[0] == "include":
        return "include"
    return "/".join(parts[:2]) if parts[0] == "plugins" else parts[1]


def target_of(root, path, quote, name):
    """The room an include leads to, or None: a header of the system."""
    if quote == "<":
        return "include" if name.startswith("yuzui/") else None
    for folder in (path.parent, root / "core"):
        if (folder / name).exists():
            return room_of(root.resolve(), (folder / name).resolve())
    return name


def includes(root):
    """(file, the room it stands in, the room it includes), without those of a room's own."""
    for path in sources(root, "include", "core", "plugins"):
        for quote, name in INCLUDE.findall(path.read_text()):
            here, there = room_of(root, path), target_of(root, path, quote, name)
            if there and there != here:
                yield path.relative_to(root), here, there


def table_of(root):
    """The rows of the table of rooms, top first: {room: what its row lists}."""
    rows = {}
    for name, may in ROW.findall((root / "ARCHITECTURE.md").read_text()):
        parts = name.strip("/").split("/")
        rows["include" if parts[0] == "include" else parts[-1]] = may
    return rows | {"main.c": "all"}


def permits(row, room):
    listed, _, but = row.partition(" but ")
    return room in listed.split(", ") or (listed == "all" and room not in but.split(", "))


def strayed(root):
    """Includes that the table does not allow."""
    table = table_of(root)
    order = list(table)
    for path, here, there in includes(root):
        if here.startswith("plugins/"):
            if there not in ("include", "plugins/common"):
                yield f"{path} includes {there}: a plugin includes <yuzui/…>, its own folder and what adapters share (plugins/common)"
        elif here not in table:
            yield f"{path}: its room {here} has no row in the table of ARCHITECTURE.md"
        elif there != "include" and not permits(table[here], there):
            yield f"{path} includes {there}, which is not in its row of the table of ARCHITECTURE.md"
        elif there not in table or order.index(there) > order.index(here):
            yield f"{path} includes {there}, which stands below it in the table of ARCHITECTURE.md"


def reach(graph, start):
    seen, left = set(), [start]
    while left:
        for room in graph.get(left.pop(), ()):
            if room not in seen:
                seen.add(room)
                left.append(room)
    return seen


def circles(root):
    """Each set of rooms that reach each other."""
    graph = {}
    for _, here, there in includes(root):
        graph.setdefault(here, set()).add(there)
    reached = {room: reach(graph, room) for room in graph}
    found = {frozenset(b for b in reached[a] if a in reached.get(b, ())) for a in graph if a in reached[a]}
    return sorted(" ↔ ".join(sorted(circle)) for circle in found)


# ---- order inside a room


LISTED = re.compile(r"^ \*   ([a-z_]+)  ", re.M)
CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', re.S)


def lists(root):
    """Rooms whose header of the same name lists their files: {room: [names, top first]}."""
    found = {}
    for folder in sorted((root / "core").iterdir()):
        header = folder / (folder.name + ".h")
        names = LISTED.findall(header.read_text()) if header.exists() else []
        if folder.name in names:
            found[folder.name] = names
    return found


def part_of(path):
    """The entry of the list a file belongs to: NAME.c, NAME.h and NAME_inner.h are one."""
    return path.stem.removesuffix("_inner")


def arrows(root, room):
    """{(from, to): what is used}."""
    paths = sorted((root / "core" / room).glob("*.[ch]"))
    defined = ctags(root, [path for path in paths if path.suffix == ".c"], "fv", "%N\t%{input}", "--extras=-F")
    owner = {name: part_of(pathlib.Path(path)) for name, path in defined if name.startswith("yz_")}  # ctags takes some static tables for public
    found = {}
    for path in paths:
        text = path.read_text()
        for _, name in INCLUDE.findall(text):
            if name.startswith(room + "/"):
                found.setdefault((part_of(path), part_of(pathlib.Path(name))), name)
        for word in set(re.findall(r"\w+", CODE.sub(" ", text))) & owner.keys() if path.suffix == ".c" else ():
            found.setdefault((part_of(path), owner[word]), word)
    return {pair: used for pair, used in found.items() if pair[0] != pair[1]}


def run_back(room, order, found):
    place = {name: at for at, name in enumerate(order)}
    for name in sorted({name for pair in found for name in pair} - place.keys()):
        yield f"core/{room}/{name} is not in the list of core/{room}/{room}.h"
    for (here, there), used in sorted(found.items()):
        if here in place and there in place and place[there] < place[here]:
            yield f"core/{room}/{here} uses {used} of {there}, which stands above it in the list of core/{room}/{room}.h"


# ---- documents


def comments_of(lines):
    """For each line: does it hold a comment, other than a rule with a title?"""
    inside, held = False, []
    for line in lines:
        held.append(inside or ("/*" in line and "/* ----" not in line and "clang-format" not in line))
        inside = ("/*" in line or inside) and "*/" not in line[line.rfind("/*") :]
    return held


def is_documented(lines, held, first, last):
    """Lines count from 0. Upwards through the group until a comment or the group's beginning."""
    if any(held[first : last + 1]):
        return True
    at = first - 1
    while at >= 0 and lines[at].strip() and not lines[at].startswith(("#", "}", "/* ----")):
        if held[at] and lines[at].rstrip().endswith("*/") and lines[at].lstrip().startswith(("/*", "*")):
            return True
        at -= 1
    return False


def undocumented(root):
    """(functions declared in public headers, those of them without a comment)."""
    paths = sources(root, "include", kinds=("h",))
    names, bare = set(), []
    for name, first, path in ctags(root, paths, "pf", "%N\t%n\t%{input}"):
        if not name.startswith("yz_") or name in names:
            continue
        names.add(name)
        lines = pathlib.Path(path).read_text().splitlines()
        at = int(first) - 1
        last = next(i for i in itertools.count(at) if ";" in lines[i] or "{" in lines[i])
        if not is_documented(lines, comments_of(lines), at, last):
            bare.append(f"{pathlib.Path(path).relative_to(root)}:{first}: {name}")
    return len(names), bare


# ---- the whole


def measure(root):
    functions, files = function_lengths(root), file_lengths(root)
    rings, stray = circles(root), list(strayed(root))
    inside = {room: (arrows(root, room), order) for room, order in lists(root).items()}
    back = [fault for room, (found, order) in inside.items() for fault in run_back(room, order, found)]
    n_public, bare = undocumented(root)
    share = 1 - len(bare) / n_public
    report = [
        f"functions   {len(functions)}: p50 {share_of(functions, 50)}, p90 {share_of(functions, 90)}, max {functions[-1]} lines",
        f"files       {len(files)}: median {share_of(files, 50)}, max {files[-1]} lines",
        f"circles     {len(rings)}" + "".join("\n            " + ring for ring in rings),
        f"strayed     {len(stray)} includes that the table does not allow",
        *(f"arrows      {len(found)} inside core/{room}, {len(list(run_back(room, order, found)))} back" for room, (found, order) in inside.items()),
        f"documented  {n_public - len(bare)} of {n_public} public functions, {share * 100:.1f} %",
    ]
    faults = stray + back
    if share_of(functions, 90) > FUNCTION_P90:
        faults.append(f"one function in ten is longer than {share_of(functions, 90) - 1} lines; the bound is {FUNCTION_P90}")
    if share_of(files, 50) > FILE_MEDIAN:
        faults.append(f"half of the files have {share_of(files, 50)} lines or more; the bound is {FILE_MEDIAN}")
    faults += ["rooms include each other: " + ring for ring in rings]
    if share < DOCUMENTED:
        faults += [f"{name} has no comment" for name in bare]
    return report, faults


def main():
    check = "--check" in sys.argv[1:]
    roots = [word for word in sys.argv[1:] if not word.startswith("-")]
    report, faults = measure(pathlib.Path(roots[0] if roots else ".").resolve())
    print("\n".join(faults if check else report), end="\n" if not check or faults else "")
    sys.exit(1 if check and faults else 0)


if __name__ == "__main__":
    main()
