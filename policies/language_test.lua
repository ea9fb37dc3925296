local MODELS = { zh = "kimi-k2.5", latin = "gpt-5.2", ja = "claude-opus-4-6", ru = "claude-opus-4-6", ko = "claude-opus-4-6" }

local function asked(question, model, options)
  return run("language.lua", { model = model or "auto", messages = question }, nil, { default = "gpt-5.2", options = options or { models = MODELS } })
end

test("by script", function()
  for question, language in pairs {
    ["你好，请介绍一下北京"] = "zh",
    ["What is the capital of France?"] = "latin",
    ["Où est la bibliothèque ?"] = "latin",
    ["東京の天気を教えてください"] = "ja",
    ["Какая сегодня погода?"] = "ru",
    ["오늘 날씨 어때요?"] = "ko",
  } do
    local r = asked(question)
    equal(r.reason, language)
    equal(r.model, MODELS[language])
  end
end)

test("a name in Latin letters does not make a Chinese question English", function()
  equal(asked("请解释 TypeScript 和 JavaScript 之间的主要区别是什么").reason, "zh")
end)

test("a language that is not listed goes on as it came", function()
  equal(asked("שלום עולם").model, "gpt-5.2")
  equal(asked("1 + 1 = ?").model, "gpt-5.2")
  equal(asked("").model, "gpt-5.2")
end)

test("a configured model is kept, unless told otherwise", function()
  equal(asked("你好", "gpt-5.2").model, "gpt-5.2")
  equal(asked("你好", "gpt-5.2", { models = MODELS, always = true }).model, "kimi-k2.5")
end)
