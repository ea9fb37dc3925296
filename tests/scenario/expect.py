"""What a scenario can expect of a client's answer, and how values are compared."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from language import milliseconds, options  # noqa: E402
from simlib import PATIENCE, PATIENT, expected, looks_whole  # noqa: E402


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Failed(what)


def short(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) < 1500 else text[:1500] + " …"


def dig(value, path):
    """choices.0.message → the value there; KeyError when absent."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def compare(found, op, wanted, what):
    """found == wanted, found ~ regex, found < number …"""
    if op == "absent":
        need(found is None, f"{what} is {short(found)!r}, but should be absent")
    elif op == "present":
        need(found is not None, f"{what} is absent")
    elif op == "~":
        need(found is not None and re.search(wanted, found if isinstance(found, str) else json.dumps(found), re.S), f"{what} is {short(found)!r}, which does not match {wanted!r}")
    elif op == "!~":
        need(found is None or not re.search(wanted, found if isinstance(found, str) else json.dumps(found), re.S), f"{what} is {short(found)!r}, which matches {wanted!r}")
    elif op in ("==", "!="):
        try:
            value = json.loads(wanted)
        except ValueError:
            value = wanted
        need((found in (wanted, value)) == (op == "=="), f"{what} is {short(found)!r}, not {op} {wanted}")
    elif op in ("<", "<=", ">", ">="):
        a, b = float(found), float(wanted)
        need({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op], f"{what} is {a}, not {op} {b}")
    else:
        raise Failed(f"unknown comparison {op!r}: == != ~ !~ < <= > >= absent present")


class Expectations:
    @staticmethod
    def compare_json(value, path, op, wanted):
        try:
            found = dig(value, path)
        except (KeyError, IndexError, TypeError, ValueError):
            found = None
        compare(found, op, wanted, path)

    # ---- of a client -------------------------------------------------------------------------------------------------

    @staticmethod
    def whole(c, seconds=PATIENT):
        need(c.read(lambda a: a.complete, seconds), f"no complete answer within {seconds} s (status {c.answer.status}, {len(c.answer.body)} bytes, closed {c.eof})")
        return c.answer

    def expect_status(self, c, args):
        need(c.read(lambda a: a.status is not None), f"no answer (closed: {c.eof}, bytes {c.pending[:200]!r})")
        if args != str(c.answer.status):
            c.read(lambda a: a.complete, 1)
            raise Failed(f"status is {c.answer.status}, not {args}; body {short(c.answer.body)}")

    def expect_header(self, c, args):
        need(c.read(lambda a: a.status is not None), "no answer")
        name, op, *wanted = args.split(None, 2)
        compare(c.answer.header(name), op, wanted[0] if wanted else None, f"header {name}")

    def expect_json(self, c, args):
        path, op, *wanted = args.split(None, 2)
        self.compare_json(self.whole(c).json(), path, op, wanted[0] if wanted else None)

    def expect_body(self, c, args):
        op, _, wanted = args.partition(" ")
        compare(self.whole(c).body.decode("utf-8", "replace"), op, wanted, "the body")

    def expect_text(self, c, args):
        """whole [model=M] [words=N]: the sim's answer to what was asked, all of it; or OP VALUE"""
        text = self.whole(c).text()
        if args.startswith("whole"):
            _, named = options(args.split()[1:])
            model, question = c.question
            need(looks_whole(text), f"not a whole answer: {short(text)!r}")
            want = expected(named.get("model", model), question, int(named.get("words", "120")))
            need(text == want, f"the text is {short(text)!r}, expected {short(want)!r}")
        else:
            op, _, wanted = args.partition(" ")
            compare(text, op, wanted, "the text")

    def expect_stream(self, c, args):
        """done; error FIELD OP VALUE"""
        a = self.whole(c)
        need(a.is_stream(), f"not a stream: {a.header('content-type')}")
        if args == "done":
            need(a.stream_done() and not a.stream_error(), f"the stream has no proper end: {short(a.body[-400:])}")
        else:
            e = a.stream_error()
            need(e is not None, f"no error event: {short(a.body[-600:])}")
            need(not a.stream_done(), "an error event, then the end of a success")
            _, field, op, wanted = args.split(None, 3)
            compare(e.get(field), op, wanted, f"the error's {field}")

    def expect_chunk(self, c, args):
        need(c.read(lambda a: a.status is not None and len(a.pieces()) >= int(args)), f"fewer than {args} chunks came: {short(c.answer.body)}")

    def expect_complete(self, c, args):
        self.whole(c)

    def expect_silence(self, c, args):
        before = len(c.answer.body), c.answer.status
        c.read(lambda a: (len(a.body), a.status) != before, milliseconds(args) / 1000)
        need(not c.eof and (len(c.answer.body), c.answer.status) == before, "something came")

    def expect_interim(self, c, args):
        if args == "none":
            need(not c.answer.interim, f"{c.answer.interim} came before")
            return
        need(c.read(lambda a: int(args) in a.interim), f"no {args} came")

    def expect_closed(self, c, args):
        need(c.read_closed(), "the connection is open")

    def expect_open(self, c, args):
        need(not c.read_closed(0.05), "the connection was closed")

    def expect_time(self, c, args):
        op, wanted = args.split()
        self.whole(c)
        compare((c.answer.complete_at - c.sent_at) * 1000, op, str(milliseconds(wanted) * (PATIENCE if op.startswith("<") else 1)), "the time in ms")
