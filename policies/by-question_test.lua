local function model_of(text, model, config)
  return run("by-question.lua", { model = model or "auto", messages = text }, nil, config).model
end

test("a Chinese knowledge question goes to kimi", function()
  equal(model_of("解释一下什么是负载均衡"), "kimi-k2.5")
end)

test("a proof goes to claude, in both languages", function()
  equal(model_of("Prove that there are infinitely many primes."), "claude-opus-4-6")
  equal(model_of("证明根号2是无理数"), "claude-opus-4-6")
end)

test("small talk goes to gpt, in both languages", function()
  equal(model_of("hi there, how are you"), "gpt-5.2")
  equal(model_of("你好"), "gpt-5.2")
end)

test("content parts are read", function()
  local parts = { { role = "user", content = { { type = "text", text = "Prove that there are infinitely many primes." } } } }
  equal(run("by-question.lua", { model = "auto", messages = parts }).model, "claude-opus-4-6")
end)

test("words that ask for nothing of their own leave the question before them", function()
  local function after(words)
    return run("by-question.lua", { model = "auto", messages = {
      { role = "user", content = "Prove that there are infinitely many primes." },
      { role = "assistant", content = "Suppose not …" },
      { role = "user", content = words },
    } }).model
  end
  for _, words in ipairs { "Go on.", "continue", "继续", "继续！！", "OK…  。!\n", "好的，继续。" } do
    equal(after(words), "claude-opus-4-6")
  end
  equal(after("你好"), "gpt-5.2")
end)

test("only the last question counts", function()
  local messages = {
    { role = "user", content = "Prove that there are infinitely many primes." },
    { role = "assistant", content = "Suppose not …" },
    { role = "user", content = "thank you, you are so nice" },
  }
  equal(run("by-question.lua", { model = "auto", messages = messages }).model, "gpt-5.2")
end)

test("a configured model is kept, unless the option says otherwise", function()
  equal(model_of("解释一下什么是负载均衡", "gpt-5.2"), "gpt-5.2")
  equal(model_of("解释一下什么是负载均衡", "gpt-5.2", { options = { always = "yes" } }), "kimi-k2.5")
end)

test("an unknown model is routed", function()
  equal(model_of("解释一下什么是负载均衡", "gpt-4o"), "kimi-k2.5")
end)

test("the models are options", function()
  local config = { models = { "small", "large" }, options = { knowledge = "small", reasoning = "large", other = "small" } }
  equal(model_of("证明根号2是无理数", "auto", config), "large")
  equal(model_of("你好", "auto", config), "small")
end)

-- Of these the classifier is not sure: a margin below 0.3.
local UNSURE = "tell me about cats and then help me"

local function unsure(verdict, after, n)
  local question = require "yuzui.question"
  local _, margin = question.of(UNSURE)
  equal(margin < 0.3, true)
  local r
  for _ = 1, n or 1 do
    r = run("by-question.lua", { model = "auto", messages = UNSURE }, function(request)
      local asked = request.messages[1].content:find("What kind of message is this", 1, true)
      return asked and { text = verdict, after = after } or { text = "the answer" }
    end, { options = { ask = "kimi-k2.5" } })
  end
  return r
end

test("where the kind is unsure a small model is asked", function()
  local r = unsure("Reasoning.")
  equal(r.reason, "reasoning, asked")
  equal(r.model, "claude-opus-4-6")
  equal(#r.calls, 2)
  equal(unsure("It is knowledge, not reasoning").reason, "knowledge, asked")
end)

test("one that is slow, or says something else, changes nothing", function()
  local before = run("by-question.lua", { model = "auto", messages = UNSURE })
  local r = unsure("Reasoning.", 5000)
  equal(r.reason, before.reason)
  equal(r.ms, 1000)
  equal(unsure("I like cats.").reason, before.reason)
end)

test("what is sure is asked of nobody", function()
  equal(#run("by-question.lua", { model = "auto", messages = "你好" }, nil, { options = { ask = "kimi-k2.5" } }).calls, 1)
end)

test("it says why", function()
  equal(run("by-question.lua", { model = "auto", messages = "你好" }).reason, "default")
end)

test("a model that is not configured is found when the config is read", function()
  local ok, err = pcall(run, "by-question.lua", { messages = "你好" }, nil, { models = { "gpt-5.2", "kimi-k2.5" } })
  equal(ok, false)
  equal(err:find('reasoning, which is not said: there is no model "claude-opus-4-6"', 1, true) ~= nil, true)
end)
