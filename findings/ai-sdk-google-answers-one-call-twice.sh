#!/usr/bin/env bash
# ai 7.0.173 with @ai-sdk/google 4.0.121: a tool's result of two texts becomes two functionResponses for one functionCall.
#
# Expected: one functionResponse for each functionCall, as the API's documentation has it ("the number of function response parts" must equal that
# of the calls), and as the SDK's other providers do it: @ai-sdk/openai 4.0.118 and @ai-sdk/anthropic 4.0.105 make one result of the same output.
# Seen: each text of an output of type "content" has a functionResponse of its own, all with the id of the same call. Each result is wrapped as
# {"name": the tool's name, "content": ...} (an error as {"name", "error"}) besides, where the other providers send the tool's own words.
# So who translates generateContent must take a second response with a known id as more of the same result, and unwrap both spellings.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/google@4.0.121 @ai-sdk/openai@4.0.118 @ai-sdk/anthropic@4.0.105 zod@4.6.7
cat >ask.mjs <<'JS'
import assert from "node:assert";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText } from "ai";

let body;
const own = { apiKey: "none", fetch: async (_, init) => { body = JSON.parse(init.body); return new Response("{}", { status: 400 }); } };
async function results(model, output) {
  const toolCallId = "c1", toolName = "weather";
  const messages = [
    { role: "user", content: "weather?" },
    { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input: { city: "Dujiangyan" } }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] },
  ];
  await generateText({ model, maxRetries: 0, messages }).catch(() => {});
  return (body.contents ?? body.messages).at(-1);
}
const two = { type: "content", value: [{ type: "text", text: "dry" }, { type: "text", text: "warm" }] };
const google = createGoogleGenerativeAI(own)("gemini-2.5-flash");
const parts = (await results(google, two)).parts.map((p) => p.functionResponse);
console.log("google, a result of two texts:", JSON.stringify(parts));
const failed = (await results(google, { type: "error-text", value: "no such city" })).parts[0].functionResponse.response;
console.log("google, a failed tool:", JSON.stringify(failed));
const chat = await results(createOpenAI(own).chat("gpt-5.2"), two);
console.log("openai, the same two texts:", JSON.stringify(chat));
const claude = await results(createAnthropic(own)("claude-opus-4-6"), two);
console.log("anthropic, the same two texts:", JSON.stringify(claude));
const wrap = (content) => ({ id: "c1", name: "weather", response: { name: "weather", content } });
assert.deepStrictEqual(parts, [wrap("dry"), wrap("warm")], "the behaviour has changed");
assert.deepStrictEqual(failed, { name: "weather", error: "no such city" }, "the behaviour has changed");
assert.equal(chat.role, "tool");
assert.equal(claude.content.filter((p) => p.type === "tool_result").length, 1);
JS
node ask.mjs 2>&1 | grep -v -i warning
