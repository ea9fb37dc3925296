"""What else the tests promise of themselves: every trap's test is there, and what the fake world refuses is told."""
import pathlib
import re

TESTS = pathlib.Path(__file__).resolve().parents[1]


def test_every_trap_has_its_test():
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", (TESTS / "traps.md").read_text(encoding="utf-8"), re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1)) and len(rows) >= 50
    for number, trap, tests in rows:
        names = re.findall(r"`(.+?)`", tests)
        assert names, trap
        for name in names:
            file, _, function = name.partition("::")
            path = TESTS / file
            assert path.is_file(), f"trap {number}: {name} is gone"
            assert not function or re.search(rf"^def {function}\(", path.read_text(encoding="utf-8"), re.M), f"trap {number}: {name} is gone"


def refusals(file):
    """The words of every refusal in a file of the fake world, as C strings joined."""
    text = (TESTS / "sim" / file).read_text(encoding="utf-8")
    found = []
    for call in re.findall(r"\brefuse\((?:[^()\"]|\"(?:[^\"\\]|\\.)*\"|\([^()]*\))*\)", text):
        strings = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", call)
        longest = max(strings, key=len, default="")
        if len(longest) > 12:
            found.append(longest.replace("\\n", " ").replace('\\"', '"'))
    return sorted(set(found))


def test_what_the_fake_world_refuses():
    """Printed with -s: the list that README.md describes. Fewer than these would be a world that lets a gateway get away with more."""
    least = {"openai_check.c": 30, "responses_check.c": 30, "anthropic_check.c": 30, "gemini_check.c": 15, "gemini_check_config.c": 20}
    for file, least_of in least.items():
        words = refusals(file)
        print(f"\n{file}: {len(words)} refusals")
        for line in words:
            print("  " + line)
        assert len(words) >= least_of, file
