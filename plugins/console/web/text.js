// The page's words in two languages.
const words = {
  now: ['Now', '现在'], requests: ['Requests', '请求'], health: ['Health', '健康'], usage: ['Usage', '用量'],
  language: ['中文', 'English'], theme: ['Theme', '主题'], in_flight: ['In flight', '进行中'], rate: ['Requests/s', '请求/秒'],
  errors_s: ['Errors/s', '错误/秒'], left_s: ['Clients left/s', '客户端离开/秒'], p50: ['First token p50', '首 token p50'], p99: ['First token p99', '首 token p99'],
  running: ['Running calls', '进行中的调用'], none_running: ['Nothing runs.', '没有进行中的调用。'], age: ['Age', '时长'], phase: ['Phase', '阶段'],
  model: ['Model', '模型'], target: ['Target', '目标'], key: ['Key', '密钥'], bytes: ['Bytes', '字节'], cancel: ['Cancel', '取消'],
  id: ['Id', '编号'], left_out: ['more are not shown', '个未显示'], by_model: ['By model', '按模型'], by_provider: ['By provider', '按供应商'], by_key: ['By key', '按密钥'],
  provider: ['Provider', '供应商'], time: ['Time', '时间'], status: ['Status', '状态'], took: ['Took', '耗时'], first: ['First token', '首 token'],
  tokens: ['Tokens in+out', 'token 输入+输出'], cost: ['Cost', '费用'], error: ['Error', '错误'], why: ['Why', '原因'], back: ['Back to the requests', '返回请求列表'],
  find: ['Find by id', '按编号查找'], look: ['Look', '查找'], not_found: ['None of the last requests has this id.', '最近的请求中没有这个编号。'],
  slow_because: ['Where the time went', '时间花在哪里'], waited_for: ['waited for', '等待'], connect: ['connecting', '连接'], wait: ['waiting', '等待'], answer: ['answering', '应答'], failed: ['failed', '失败'], stage: ['stage', '环节'],
  decided: ['What was decided', '决定'], chosen: ['chosen', '选择'], facts: ['Facts', '详情'], tree: ['Its calls', '调用树'],
  workers: ['Workers', '工作线程'], generation: ['Generation', '配置代'], uptime: ['Uptime', '运行时间'], version: ['Version', '版本'], missing: ['Workers that do not answer', '无应答的工作线程'],
  targets: ['Targets', '目标'], state: ['State', '状态'], stages: ['What the stages know', '各环节所知'], counters: ['Counters', '计数器'], counter: ['Counter', '计数器'], value: ['Value', '数值'], means: ['What it counts', '含义'],
  input: ['Input', '输入'], output: ['Output', '输出'], calls: ['Calls', '调用'], fails: ['Failed', '失败'], since: ['Since the gateway began', '自网关启动以来'],
  token: ['Admin token', '管理令牌'], sign_in: ['Sign in', '登录'], sign_out: ['Sign out', '退出'], wrong: ['The gateway does not take this token.', '网关不接受此令牌。'],
  gone: ['The gateway does not answer; trying again.', '网关无应答，正在重试。'], confirm: ['End this request? Its client gets an error.', '结束此请求？客户端会收到错误。'],
  try: ['Try it', '试用'], try_help: ['A question as a client asks it, with a key of its own. The key stays in this page\'s memory: no storage has it, and it is gone when the tab is.', '以客户端身份提问，使用客户端自己的密钥。密钥只留在本页面的内存里，不写入任何存储，关闭标签页即消失。'],
  your_key: ['Your key', '你的密钥'], dialect: ['API', 'API'], most_tokens: ['Tokens at most', 'token 上限'], system: ['System prompt', '系统提示词'], question: ['Question', '问题'], streamed: ['as a stream', '流式'], send: ['Send', '发送'], stop: ['Stop', '停止'],
  its_answer: ['Answer', '回答'], running_now: ['It answers …', '正在回答……'], stopped: ['Stopped.', '已停止。'], done: ['Done.', '完成。'], gone_off: ['The answer broke off:', '回答中断：'], route: ['Its way', '路由'], why_so: ['Its waterfall: what was decided, tried, and waited for', '瀑布图：决定、尝试与等待'],
  elsewhere: ['The same from elsewhere', '在其他程序中使用'], client_program: ['Client', '客户端程序'], base_url: ['Address of the gateway', '网关地址'], key_from: ['The key is read from the environment:', '密钥取自环境变量：'], file: ['file', '文件'], copy: ['Copy', '复制'], copied: ['Copied.', '已复制。'],
  attempts: ['Attempts', '尝试次数'], lost: ['Lost in translation', '转换中丢失'], cache: ['Cache', '缓存'], policy: ['Policy', '策略'], chain: ['Chain', '链'], balance: ['Balance', '均衡'],
  policies: ['Policies', '策略'], no_policies: ['This config has no policies.', '此配置没有策略。'], running_policies: ['As they run, in generation', '正在运行的版本，配置代'], on_error: ['When it fails', '出错时'], on_error_continue: ['goes on', '继续'], on_error_fail: ['fails', '拒绝请求'], serves: ['Is the model', '作为模型'],
  files: ['The files as they stand now', '当前文件'], files_help: ['Policies are changed where they are kept: in files beside the config, with your editor and your version control. Here they are checked and loaded:', '策略在其所在之处修改：配置旁边的文件，用你的编辑器和版本管理。此处可检查并载入：'], check: ['Check', '检查'], load: ['Load', '载入'],
  dry_run: ['Dry run', '试运行'], dry_run_help: ['What the files as they stand now would do with a request. No provider, store or host is asked; what a model would say is made up.', '当前文件会如何处理一个请求。不访问任何供应商、存储或主机；模型的回答是虚构的。'], key_name: ['Name of a key', '密钥名称'], whole_body: ['a whole request body (JSON)', '完整的请求正文（JSON）'], request_body: ['Request body', '请求正文'], run: ['Run', '运行'], made_up: ['Made up', '虚构'], asked: ['Asked', '请求的模型'], no_json: ['This is no JSON:', '不是有效的 JSON：'], gone_once: ['The gateway did not answer.', '网关未应答。'],
  keys: ['Keys', '密钥与组'], no_ledger: ['Keys, groups and money are kept by a ledger, and this config has none. It would be:', '密钥、组与金额由账本保存，而此配置没有账本。可以这样写：'], only_look: ['This token may only look (or the admin address has no token): what changes keys is switched off.', '此令牌只能查看（或管理地址没有设置令牌）：修改功能已关闭。'],
  back_keys: ['Back to the keys', '返回密钥列表'], new_key: ['New key', '新建密钥'], new_group: ['New group', '新建组'], is_made: ['is made.', '已创建。'], name: ['Name', '名称'], create: ['Create', '创建'], shown_once: ['This is the only time that it is shown:', '仅显示这一次：'],
  p_group: ['In the group', '所属组'], p_models: ['Models', '模型'], p_budget_day: ['USD a day', '每日美元'], p_budget_month: ['USD a month', '每月美元'], p_budget_total: ['USD ever', '总计美元'], p_rpm: ['Requests a minute', '每分钟请求'], p_tpm: ['Tokens a minute', '每分钟 token'], p_expires: ['Expires', '到期'], p_labels: ['Labels', '标签'], p_addresses: ['Addresses', '地址'], p_account: ['Account that pays', '付款账户'], p_downgrade: ['Model when a budget is used up', '预算用尽时的模型'], p_chain: ['Chain', '链'], p_markup: ['Price multiplied by', '价格倍率'], p_note: ['Note', '备注'],
  s_good: ['good', '有效'], s_disabled: ['disabled', '已停用'], s_revoked: ['revoked', '已吊销'], s_expired: ['expired', '已过期'], group: ['Group', '组'], groups: ['Groups', '组'], its_keys: ['Keys of the ledger', '账本中的密钥'], search: ['Search', '搜索'], begins: ['Begins', '开头'], until: ['Good until', '有效至'], no_end: ['no end', '无期限'], secrets: ['Secrets', '密钥值'], budgets: ['Budgets', '预算'], labels: ['Labels', '标签'], per_day: ['day', '日'], per_month: ['month', '月'], per_total: ['ever', '总计'],
  enable: ['Enable', '启用'], disable: ['Disable', '停用'], rotate: ['Rotate', '轮换'], revoke: ['Revoke', '吊销'], overlap: ['The old one stays good for', '旧密钥继续有效'], none: ['not at all', '立即失效'], confirm_revoke: ['Revoke this key for good?', '永久吊销此密钥？'], save: ['Save', '保存'], saved: ['Saved.', '已保存。'], limits: ['What it may', '限额'], history: ['History', '历史'], revision: ['Version', '版本号'], by: ['By', '操作者'],
  money: ['Money', '金额'], account: ['Account', '账户'], available: ['Available', '可用'], charged: ['Charged', '已扣费'], top_up: ['Top up', '充值'], pay_in: ['Pay in', '入账'], paid_in: ['paid in', '已入账'], needs_money: ['Paying in needs a token of the role money.', '充值需要 money 角色的令牌。'],
  chart: ['Requests and errors a second, last two minutes', '最近两分钟每秒请求与错误'], recent: ['Last requests', '最近的请求'], empty: ['Nothing yet.', '暂无。'], path: ['Path', '路径'], client: ['Client', '客户端'], filter_failed: ['Failed only', '仅失败'], all: ['All', '全部'],
}
let index = (localStorage.getItem('language') || navigator.language || 'en').startsWith('zh') ? 1 : 0
export const t = (name) => words[name]?.[index] ?? name
export const language = () => (index ? 'zh-CN' : 'en')
export function switchLanguage() { index = 1 - index; localStorage.setItem('language', language()) }
export const ms = (n) => n == null ? '' : n >= 10000 ? `${(n / 1000).toFixed(1)} s` : `${n < 10 && n % 1 ? n.toFixed(1) : Math.round(n)} ms`
export const number = (n) => n == null ? '' : Number(n).toLocaleString(language())
