-- yuzui.question: what kind of question is it?
--
--   question.kind(req)  -> "knowledge" | "reasoning" | "default", and how sure that is: 0 is a toss-up, 1 is certain
--   question.of(text)   -> the same, of a text
--   question.more(what) -> the same of either, and { second, probability, language, code, chars, difficulty }
--
-- A linear model in Chinese and English over words, pairs and threes of them, how the text begins and ends, and its shape: question.model,
-- made by `yuzui train` (see README.md). It judges by what is asked: the last text of the user, of long ones both ends; where that is no
-- more than "continue", the one before. An average question takes about four microseconds.

local model = classify.open "yuzui/question.model"

return {
  of = function(text)
    return model:judge(text)
  end,
  kind = function(req)
    return model:judge(req)
  end,
  more = function(what)
    return model:judge(what, true)
  end,
}
