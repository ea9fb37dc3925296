-- USD per million tokens. Peak is 01:00 to 04:00 and 06:00 to 10:00 UTC, Monday to Friday but for Chinese public holidays, of which those of
-- autumn 2026 stand here: add those of 2027 when they are announced.
--
-- deepseek-chat and deepseek-reasoner are names of deepseek-flash's answers, without and with thinking. LiteLLM's map has 2026-07-24 as their
-- end, and the vendor's page of prices lists them no more; other reports have them as aliases still, so no end stands here.
local weekdays = { "mon", "tue", "wed", "thu", "fri" }
local function peak(input, cached, output)
    return {
        { name = "peak", from = "01:00", to = "04:00", days = weekdays, holidays = "skip", input = input, cached = cached, output = output },
        { name = "peak", from = "06:00", to = "10:00", days = weekdays, holidays = "skip", input = input, cached = cached, output = output },
    }
end

prices "deepseek" {
    source = "the vendor's page as reported, genai-prices 0.2.3, LiteLLM 1.110.2; what counts: https://api-docs.deepseek.com/quick_start/pricing",
    date = "2026-11-28",
    holidays = { "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07" },
    models = {
        { name = "deepseek-flash", from = "2026-09-10T04:00:00Z", also = { "deepseek-chat", "deepseek-reasoner" },
          input = 0.15, cached = 0.003, output = 0.6, windows = peak(0.3, 0.006, 1.2) },
        { name = "deepseek-v4-pro", input = 0.435, cached = 0.003625, output = 0.87 },
        { name = "deepseek-v4-pro", from = "2026-08-16T16:00:00Z",
          input = 0.66, cached = 0.022, output = 1.98, windows = peak(1.32, 0.044, 3.96) },
    },
}
