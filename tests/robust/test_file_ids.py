"""Files that a body names are judged as files that are asked for: another's, and ones without a mark, are nobody's; one's own goes by the provider's id to the account that has it."""
import json

import pytest
from played import ALICE, BOB, OPENAI, Played, before, form, send

OTHER = OPENAI.replace('provider "openai"', 'provider "other"').replace("/v1", "/other/v1") + 'provider "r" { adapter = "responses", key = "k", base_url = "http://127.0.0.1:${sim}/r/v1" }\n'
TEXT = OPENAI + OTHER + 'model "m" { "openai" } model "both" { { "other", as = "m" }, { "openai", as = "m" } } model "r" { "r" }\nledger "sqlite" { path = "${folder}/ledger.db" }\nchain { auth {}, fallback {}, retry {} }\n'
FILE = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "batch", "status": "processed"}
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
LINE = b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"secret"}]}}\n'


def says(request):
    if "/files" in request.path:
        return 200, {}, FILE
    if "/images" in request.path:
        return 200, {}, {"data": [{"b64_json": "AA=="}]}
    return 200, {}, {"id": "v1", "object": "video", "status": "queued"} if "/videos" in request.path else CHAT


@pytest.fixture(name="g", scope="module")
def one_gateway():
    provider = Played(says)
    with before(provider, TEXT) as g:
        g.provider = provider
        body, headers = form([("purpose", "batch")], [("file", "application/jsonl", LINE)])
        g.mine = send(g, "POST", "/v1/files", body, headers=headers)[1]["id"]
        assert g.mine.startswith("file-1_yz")
        yield g


def part(file, model="m", **more):
    return {"model": model, "messages": [{"role": "user", "content": [{"type": "text", "text": "read \u00e4 it"}, {"type": "file", "file": {"file_id": file}}]}], **more}


BODIES = {"film": ("/v1/videos", lambda file: {"model": "m", "prompt": "x", "input_reference": {"file_id": file}}), "edit": ("/v1/images/edits", lambda file: {"model": "m", "prompt": "x", "images": [{"file_id": file}, {"file_id": file}]}),
          "chat": ("/v1/chat/completions", part)}


@pytest.mark.parametrize("what", BODIES)
def test_whose(g, what):
    path, body = BODIES[what]
    for key, file in ((BOB, "file-1"), (BOB, g.mine), (ALICE, "file-1"), (ALICE, g.mine[:-1] + ("0" if g.mine[-1] != "0" else "1"))):
        g.provider.asked.clear()
        status, answer, _ = send(g, "POST", path, body(file), key=key)
        assert status == 404 and "file-1" in answer["error"]["message"] and answer["error"]["param"] == "file_id", answer
        assert not g.provider.asked
    status, answer, _ = send(g, "POST", path, body(g.mine))
    assert status == 200, answer
    assert json.loads(g.provider.asked[-1][3]) == body("file-1")


def test_to_the_account_that_has_it(g):
    g.provider.asked.clear()
    assert send(g, "POST", "/v1/chat/completions", part(g.mine, "both"))[0] == 200
    assert [path for _, path, _, _ in g.provider.asked] == ["/v1/chat/completions"]


def test_escaped_names(g):
    body = json.dumps(part("file-1")).replace('"file_id"', '"file\\u005fid"').encode()
    assert send(g, "POST", "/v1/chat/completions", body)[0] == 404


def test_responses(g):
    for item in ({"type": "input_file", "file_id": "file-1"}, {"type": "input_image", "file_id": "file-1"}):
        g.provider.asked.clear()
        status, answer, _ = send(g, "POST", "/v1/responses", {"model": "r", "input": [{"role": "user", "content": [item]}]}, key=BOB)
        assert status == 404 and not g.provider.asked, answer
    status, _, _ = send(g, "POST", "/v1/responses", {"model": "r", "input": "x", "tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]}, key=BOB)
    assert status == 404


def test_what_only_looks_so(g):
    tool = {"type": "function", "function": {"name": "open", "parameters": {"type": "object", "properties": {"file_id": {"type": "string", "default": "a"}}, "required": ["file_id"], "examples": [{"file_id": "a"}]}}}
    body = {"model": "m", "messages": [{"role": "user", "content": 'what is {"file_id": "file-1"}?'}], "tools": [tool]}
    assert send(g, "POST", "/v1/chat/completions", body)[0] == 200


CITED = [{"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1", "filename": "a.png", "start_index": 0, "end_index": 1}, {"type": "file_citation", "file_id": "file-1", "filename": "a", "index": 1}, {"type": "file_path", "file_id": "file-1", "index": 2}]
OUTPUT = [{"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "cntr_1", "code": "x", "outputs": [{"type": "files", "files": [{"file_id": "file-1", "mime_type": "a"}]}]},
          {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["x"], "results": [{"file_id": "file-1", "filename": "a", "score": 1, "text": "t", "attributes": {}}]},
          {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "a", "annotations": CITED}]}]
TURN = {"role": "user", "content": "q"}
MADE = {"type": "bash_code_execution_tool_result", "tool_use_id": "s1", "content": {"type": "bash_code_execution_result", "stdout": "", "stderr": "", "return_code": 0, "content": [{"type": "bash_code_execution_output", "file_id": "file-1"}]}}
ECHOES = {"items": ("/v1/responses", {"input": [TURN, *OUTPUT, TURN]}),
          "a chat's citations": ("/v1/chat/completions", {"messages": [TURN, {"role": "assistant", "content": "a", "annotations": CITED}, TURN]}),
          "arguments": ("/v1/chat/completions", {"messages": [TURN, {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"file_id": "F1"}}}]}, {"role": "tool", "tool_call_id": "c1", "content": "x"}]}),
          "a form": ("/v1/chat/completions", {"messages": [TURN], "guided_json": {"examples": [{"file_id": "x"}]}, "chat_template_kwargs": {"file_id": "F1"}, "metadata": {"File_Id": "x"}}),
          "a tool's input": ("/v1/messages", {"max_tokens": 9, "messages": [TURN, {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {"file_id": "F1", "file_ids": ["a"]}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]}]}),
          "a tool's examples": ("/v1/messages", {"max_tokens": 9, "messages": [TURN], "tools": [{"name": "read", "input_schema": {"type": "object"}, "input_examples": [{"file_id": "F1"}]}]}),
          "what code made": ("/v1/messages", {"max_tokens": 9, "messages": [TURN, {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s1", "name": "bash_code_execution", "input": {"file_id": "a"}}, MADE]}, TURN]})}


@pytest.mark.parametrize("model", ["m", "r"])
@pytest.mark.parametrize("what", ECHOES)
def test_what_tells_of_files_reads_none(g, what, model):
    path, body = ECHOES[what]
    g.provider.asked.clear()
    status, answer, _ = send(g, "POST", path, {"model": model, **body})
    assert g.provider.asked and status != 404, answer


def test_variables_of_a_prompt(g):
    def told(variables):
        g.provider.asked.clear()
        status, answer, _ = send(g, "POST", "/v1/responses", {"model": "r", "input": "q", "prompt": {"id": "pmpt_1", "variables": variables}})
        return status == 404 and "file-1" in answer["error"]["message"] and not g.provider.asked

    assert not told({"file_id": "file-1", "file_ids": ["a"]}) and g.provider.asked
    for name in ("doc", "metadata", "annotations", "file_id"):
        assert told({name: {"type": "input_file", "file_id": "file-1"}}), name


@pytest.mark.parametrize("part", [{"type": "file", "file": {"type": "file_citation", "file_id": "file-1"}}, {"type": "image_url", "image_url": {"file_id": "file-1"}}])
@pytest.mark.parametrize("more", [{}, {"type": "file_search_call"}, {"type": "tool_use"}])
def test_a_type_hides_nothing(g, part, more):
    """Who does not look at the type of a message, or of what is within a part, reads the file all the same."""
    g.provider.asked.clear()
    assert send(g, "POST", "/v1/chat/completions", {"model": "m", **more, "messages": [{"role": "user", **more, "content": [part]}]})[0] == 404
    assert not g.provider.asked


@pytest.mark.parametrize("name", ["File_Id", "FILE_ID", "file_I\\u0044"])
def test_another_spelling(g, name):
    g.provider.asked.clear()
    status, answer, _ = send(g, "POST", "/v1/chat/completions", json.dumps(part(g.mine)).replace('"file_id"', f'"{name}"').encode())
    assert status == 400 and "spelt" in answer["error"]["message"], answer
    for ids in ("File_ids", "file_id\u017f"):
        status, answer, _ = send(g, "POST", "/v1/responses", {"model": "r", "input": "x", "tools": [{"type": "code_interpreter", "container": {"type": "auto", ids: ["file-1"]}}]})
        assert status == 400 and answer["error"]["param"] == ids, answer
    assert not g.provider.asked
