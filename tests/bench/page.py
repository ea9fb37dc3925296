"""Results as tables to print, and as a page with plots to look at. Standard library only."""
import math
import random


class Result:
    def __init__(self, title, head, rows, beaten, plots, text):
        self.title, self.head, self.rows, self.beaten, self.plots, self.text = title, head, rows, beaten, plots, text

    def show(self):
        table = [self.head, *self.rows]
        widths = [max(len(str(row[i])) for row in table) for i in range(len(self.head))]
        print(f"\n{self.title}: {'as wanted' if self.beaten else 'NOT as wanted'}")
        for row in table:
            print("  " + "  ".join(str(cell).ljust(w) for cell, w in zip(row, widths)))
        print("  " + self.text, flush=True)

    def html(self):
        cells = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in self.rows)
        head = "".join(f"<th>{escape(c)}</th>" for c in self.head)
        return f"<h2>{escape(self.title)}</h2><p>{escape(self.text)}</p><table><tr>{head}</tr>{cells}</table>{''.join(self.plots)}"


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def ms(x):
    return "none" if math.isinf(x) else f"{x / 1000:.2f} s" if x >= 10000 else f"{x:.0f} ms"


def percent(x, digits=2):
    return f"{x * 100:.{digits}f} %"


WIDE, HIGH = 760, 220


def frame(title, inside, x_most, y_most, unit):
    lines = "".join(f'<line x1="50" x2="{WIDE - 10}" y1="{y}" y2="{y}"/><text x="45" y="{y + 4}" text-anchor="end">{v:g}</text>'
                    for v, y in ((y_most * k / 4, HIGH - 30 - (HIGH - 50) * k / 4) for k in range(5)))
    ticks = "".join(f'<text x="{50 + (WIDE - 60) * k / 6:.0f}" y="{HIGH - 12}" text-anchor="middle">{x_most * k / 6:.0f} s</text>' for k in range(7))
    return (f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(title)}">'
            f'{lines}{ticks}<text x="50" y="14">{unit}</text>{inside}</svg></figure>')


def place(x, y, x_most, y_most):
    return f"{50 + (WIDE - 60) * x / x_most:.1f}", f"{HIGH - 30 - (HIGH - 50) * min(1, y / y_most):.1f}"


def plot(title, answers):
    """Every request a dot, at most 6,000 of them; those without an answer are red at the top."""
    rows = answers.rows if len(answers) <= 6000 else random.Random(1).sample(answers.rows, 6000)
    x_most = max((r[0] for r in answers.rows), default=1) or 1
    y_most = max(1000, 2 ** math.ceil(math.log2(max(1, answers.percentile(0.995)))) if answers.good() else 1000)
    dots = ""
    for r in rows:
        x, y = place(r[0], r[1], x_most, y_most)
        dots += f'<circle class="{"good" if r[2] == 200 else "bad"}" cx="{x}" cy="{y if r[2] == 200 else 20}" r="1.3"/>'
    return frame(title, dots, x_most, y_most, "ms")


def curve(title, points, wanted):
    x_most, y_most = max(x for x, _ in points) or 1, max(max(y for _, y in points), wanted) * 1.2
    path = " ".join(f"{'M' if i == 0 else 'L'}{','.join(place(x, y, x_most, y_most))}" for i, (x, y) in enumerate(points))
    level = place(0, wanted, x_most, y_most)[1]
    return frame(title, f'<path class="wanted" d="M50,{level} L{WIDE - 10},{level}"/><path class="curve" d="{path}"/>', x_most, y_most, "%")


PAGE = """<!doctype html><meta charset="utf-8"><title>yuzui: never late, never down</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:800px;margin:2em auto;padding:0 1em;color:#222;background:#fff}table{border-collapse:collapse;margin:1em 0}
td,th{border:1px solid #ccc;padding:.3em .7em;text-align:left;font-variant-numeric:tabular-nums}figure{margin:1em 0}figcaption{font-weight:600}
svg{width:100%}svg text{font-size:11px;fill:#666}svg line{stroke:#e5e5e5}.good{fill:#2a6fbb;fill-opacity:.45}.bad{fill:#c22}.curve{fill:none;stroke:#2a6fbb;stroke-width:2}
.wanted{stroke:#999;stroke-dasharray:4 4}@media(prefers-color-scheme:dark){body{background:#181a1b;color:#ddd}td,th{border-color:#444}svg line{stroke:#333}svg text{fill:#aaa}}
</style><h1>Never late, never down</h1><p>Open-loop load: a late answer counts from the moment its request was due. Same seeds, same providers, straight and through yuzui.</p>"""
