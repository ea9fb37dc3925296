-- service-desk: a model of three: one looks the question up, one judges the customer's mood meanwhile, one answers.
--
--   model "workflow/service-desk" {}
--   chain { auth {}, workflow "workflows/service-desk.lua" { model = "workflow/service-desk", options = { handbook = "Returns: …" } }, retry {} }
--
-- Neither the look-up nor the mood is worth an error: the answer is written with what came in time (`patience`), and says so if nothing was
-- found. Only the writer's failure is the client's. The writer's answer streams.

local conversation = require "yuzui.conversation"

options {
  lookup = { type = "model", default = "kimi-k2.5", help = "finds what the handbook says" },
  mood = { type = "model", default = "gemini-3-flash", help = "judges how the customer feels" },
  writer = { type = "model", default = "gpt-5.2", help = "answers" },
  handbook = { type = "string", default = "", help = "what the desk goes by: terms, prices, opening hours" },
  patience = { type = "number", default = 8000, min = 1, max = 600000, help = "ms that the first two may take" },
}

local MOODS = { angry = "They are angry: say sorry first.", sad = "They are worried: be reassuring.", calm = "They are calm: be brief." }

local function mood_of(answer)
  local text = answer and answer.text:lower() or ""
  for mood, advice in pairs(MOODS) do
    if text:find(mood, 1, true) then
      return advice, mood
    end
  end
  return "", "mood unknown"
end

return function(req, next)
  local options, messages = req.options, conversation.of(req)
  if not messages then -- pictures and tools: the writer alone
    req.model = options.writer
    req:because("more than words")
    return next(req)
  end
  local question = req:question()
  local answers = llm.all {
    {
      step = "lookup", model = options.lookup, timeout = options.patience, max_tokens = 500,
      messages = "Handbook:\n" .. options.handbook .. "\n\nQuestion of a customer:\n" .. question ..
        "\n\nQuote what the handbook says about it, word for word. If it says nothing, answer: nothing.",
    },
    {
      step = "mood", model = options.mood, timeout = options.patience, max_tokens = 5,
      messages = "How does the writer of this feel? Answer angry, sad or calm.\n\n" .. question,
    },
  }
  local found = answers[1] and answers[1].text or "nothing: the handbook cannot be read now, say so and offer to call back"
  local advice, mood = mood_of(answers[2])
  req:because((answers[1] and "found" or "not looked up") .. ", " .. mood)
  table.insert(messages, 1, {
    role = "system",
    content = "You answer for a service desk, from this and nothing else:\n" .. found .. "\n\n" .. advice,
  })
  return llm.answer { step = "answer", model = options.writer, messages = messages }
end
