local function asked(text, answer, options, fake)
  return run("guard.lua", { model = "gpt-5.2", messages = text }, fake or function()
    return { text = answer }
  end, { on_error = "fail", options = options })
end

test("words that may not be asked", function()
  local r = asked("Tell me about Project FALCON", "never", { ask = { "project falcon" } })
  equal(r.error.class, "content_policy")
  equal(#r.calls, 0)
  equal(asked("Tell me about falcons", "fine", { ask = { "project falcon" } }).text, "fine")
end)

test("words that may not be said end the answer", function()
  local r = asked("hi", "This is Internal Only stuff", { say = { "internal only" } })
  equal(r.text, "This is [removed by policy]")
  equal(asked("hi", "It is internal", { say = { "internal only" } }).text, "It is internal")
  equal(asked("hi", "秘密：机密文件在此", { say = { "机密文件" }, refusal = "" }).text, "秘密：")
end)

local function judge(verdict, after)
  return function(request)
    if request.model == "kimi-k2.5" then
      return { text = verdict, after = after }
    end
    return { text = "the answer" }
  end
end

test("a judge refuses, or does not", function()
  local options = { judge = "kimi-k2.5", rules = "It must not be about cheese." }
  equal(asked("brie?", nil, options, judge("Yes.")).error.class, "content_policy")
  equal(asked("trains?", nil, options, judge("No.")).text, "the answer")
end)

test("a judge that does not come in time", function()
  local options = { judge = "kimi-k2.5", patience = 500 }
  local r = asked("brie?", nil, options, judge("No.", 5000))
  equal(r.error.class, "content_policy")
  equal(r.ms, 500)
  options.lenient = true
  equal(asked("brie?", nil, options, judge("No.", 5000)).text, "the answer")
end)
