"""Reads a scenario: commands, one a line; what is indented under a line is its block. README.md describes the commands."""
import os
import re
import shlex


class Command:
    def __init__(self, path, line, text):
        self.path, self.line, self.text = path, line, text
        self.block = []

    def words(self):
        try:
            return shlex.split(self.text)
        except ValueError as e:
            raise self.wrong(str(e)) from None

    def body(self):
        """The block as text, without its indentation."""
        lines = [line for line in self.block]
        while lines and not lines[-1].strip():
            lines.pop()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        return "\n".join(line[indent:] for line in lines) + "\n" if lines else ""

    def raw_lines(self):
        """The block's lines, an indented empty one at its end included."""
        lines = list(self.block)
        while lines and not lines[-1]:
            lines.pop()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        return [line[indent:] for line in lines]

    def where(self):
        return f"{os.path.basename(self.path)}:{self.line}: {self.text}"

    def wrong(self, what):
        return SyntaxError(f"{self.where()}\n  {what}")


def read(path):
    """(title, commands)"""
    commands, title = [], None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line[:1] in (" ", "\t") or (not line.strip() and commands and commands[-1].block):
                if line.strip() and not commands:
                    raise SyntaxError(f"{path}:{number}: a block without a command")
                commands and commands[-1].block.append(line)
            elif line.startswith("#"):
                title = title or line.lstrip("# ").strip()
            elif line.strip():
                commands.append(Command(path, number, line.strip()))
    if not title:
        raise SyntaxError(f"{path}: the first line should say what the scenario shows: # ...")
    return title, commands


def milliseconds(text):
    m = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    if not m:
        raise ValueError(f"{text!r} is not a duration such as 100ms or 2s")
    return float(m.group(1)) * {"ms": 1, "s": 1000, "m": 60000}[m.group(2)]


def options(words):
    """Splits NAME=VALUE words from the rest."""
    plain, named = [], {}
    for word in words:
        m = re.match(r"([A-Za-z_][\w.-]*)=(.*)", word, re.S)
        if m:
            named[m.group(1)] = m.group(2)
        else:
            plain.append(word)
    return plain, named
