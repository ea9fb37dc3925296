// Cost: what was charged, by day, key, model, provider, account or label; balances, budgets, single charges and how they come about; all of it as CSV.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { Refused } from './api.js'
import { all, api, name as path, NoLedger, Rows, save, Trouble, usd, useAsked, Value, when } from './ledger.js'
import { number, t } from './text.js'

const html = htm.bind(h)
const MOST = 50 // budgets: each is a question of its own
const day = (ms) => new Date(ms).toISOString().slice(0, 10)
const DAY = 86400000

// ---- the range, and by what
function Range({ asked, pick, labels }) {
  const field = (name) => ({ value: asked[name], onInput: (e) => pick({ [name]: e.target.value }) })
  return html`<div class="fields"><label>${t('from')} <input id="from" type="date" ...${field('from')} required /></label><label>${t('until_day')} <input id="until" type="date" ...${field('until')} required /></label>
    <label>${t('kept_apart')} <select id="by" ...${field('by')}>${['day', 'key', 'model', 'provider', 'account', 'day,model', 'day,key', 'hour'].map((by) => html`<option value=${by}>${by.split(',').map((w) => t('b_' + w)).join(' · ')}</option>`)}${labels.map((l) => html`<option value=${'label:' + l}>${t('b_label')} ${l}</option>`)}</select></label>
    ${['key', 'model', 'provider'].map((name) => html`<label>${t('only_' + name)} <input id=${'only-' + name} ...${field(name)} autocomplete="off" spellcheck="false" /></label>`)}</div>`
}

// The days are whole ones of UTC, the last included.
const paramsOf = (asked) => ({ from: asked.from, until: day(Date.parse(asked.until) + DAY), key: asked.key, model: asked.model, provider: asked.provider })

const sum = (rows, name) => rows.reduce((n, row) => n + (row[name] || 0), 0)
const COUNTS = [['calls', (r) => number(r.requests), true], ['input', (r) => number(r.input), true], ['cached', (r) => number(r.cached), true], ['output', (r) => number(r.output), true], ['charged', (r) => usd(r.charged), true], ['lost_money', (r) => r.lost ? usd(r.lost) : '', true], ['given_back', (r) => r.given_back ? usd(r.given_back) : '', true]]
const shownTime = (time, by) => by.includes('hour') ? time.replace('T', ' ').slice(0, 16) : time.slice(0, 10)

function Sums({ asked, found }) {
  const label = asked.by.startsWith('label:') ? asked.by.slice(6) : null, by = label ? ['label'] : asked.by.split(',')
  const heads = by.map((word) => word === 'day' || word === 'hour' ? ['b_' + word, (r) => shownTime(r.time, asked.by)] : ['b_' + word, (r) => r[word] ? (label ? `${label}=${r[word]}` : r[word]) : '–'])
  const rows = by.includes('day') || by.includes('hour') ? found.usage : [...found.usage].sort((a, b) => b.charged - a.charged)
  return html`<div class="cards">${[['calls', number(sum(rows, 'requests'))], ['tokens', `${number(sum(rows, 'input'))}+${number(sum(rows, 'output'))}`], ['charged', usd(Math.round(sum(rows, 'charged') * 1e9) / 1e9)]].map(([name, value]) => html`<div class="card"><span class="dim">${t(name)}</span><b id=${'sum-' + name}>${value}</b></div>`)}</div>
    ${found.more && html`<p class="note">${t('more_rows')}</p>`}<${Rows} title=${t('cost')} id="sums" rows=${rows} columns=${[...heads, ...COUNTS]} />`
}

// Every day of the range, also those without a charge: [seconds], [USD]
function days(rows, from, until) {
  const charged = Object.fromEntries(rows.map((r) => [r.time.slice(0, 10), r.charged])), at = [], usd = []
  for (let ms = Math.max(Date.parse(from), Date.parse(until) - 730 * DAY); ms <= Date.parse(until); ms += DAY) at.push(ms / 1000), usd.push(charged[day(ms)] || 0)
  return [at, usd]
}

// Charged a day, as bars.
function Chart({ rows, from, until, theme }) {
  const box = useRef(null)
  useEffect(() => {
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim()
    const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line') }, ticks: { stroke: colour('--line') } }
    const size = () => ({ width: box.current.clientWidth || 300, height: 160 })
    const chart = new uPlot({ ...size(), cursor: { show: false }, legend: { show: false }, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'), axes: [axis, { ...axis, size: 70, values: (_, ticks) => ticks.map((n) => '$' + n) }], scales: { x: { range: (_, min, max) => [min - DAY / 2000, max + DAY / 2000] }, y: { range: (_, __, max) => [0, max * 1.1 || 1] } },
      series: [{}, { stroke: colour('--key'), fill: colour('--key'), paths: uPlot.paths.bars({ size: [0.7, 60] }), points: { show: false } }] }, days(rows, from, until), box.current)
    const watch = new ResizeObserver(() => box.current && chart.setSize(size()))
    watch.observe(box.current)
    return () => { watch.disconnect(); chart.destroy() }
  }, [rows, theme])
  return html`<div ref=${box} role="img" aria-label=${t('cost_chart')}></div>`
}

// ---- what there is, and what may still be used
function Balances({ onRefused, fail }) {
  const [rows, why] = useAsked(() => all('accounts', 'accounts'), [], onRefused)
  return html`<h2>${t('balances')}</h2><${Trouble} why=${why} />${rows && html`<p class="dim">${t('available')}: <strong>${usd(Math.round(sum(rows, 'available') * 1e9) / 1e9)}</strong></p>
    <${Rows} title=${t('balances')} id="accounts" rows=${rows.slice(0, 500)} columns=${[['account', (a) => a.account], ['available', (a) => html`<span class=${a.available <= 0 ? 'bad' : ''}>${usd(a.available)}</span>`, true], ['held', (a) => usd(a.held), true], ['charged', (a) => usd(a.charged), true], ['all_paid', (a) => usd(a.paid_in), true], ['given_back', (a) => usd(a.given_back), true]]} />
    <p><button onClick=${() => save('moves', { limit: 1000 }, 'moves.csv').catch(fail)}>${t('export_moves')}</button></p>`}`
}

async function budgetsOf(people) {
  const limited = people.filter((p) => !p.revoked && (p.budget_day != null || p.budget_month != null || p.budget_total != null))
  const full = await Promise.all(limited.slice(0, MOST).map((p) => api(`${p.kind}s/${path(p.name)}`).then((one) => ({ ...one, kind: p.kind }))))
  return { left: limited.length - full.length, rows: full.flatMap((p) => ['day', 'month', 'total'].filter((s) => p[`budget_${s}`] != null).map((span) => ({ kind: p.kind, name: p.name, span, most: p[`budget_${span}`], spent: p.spent?.[span] ?? 0 }))) }
}

function Budgets({ people, onRefused }) {
  const [found, why] = useAsked(() => budgetsOf(people), [people], onRefused)
  return html`<h2>${t('budgets')}</h2><${Trouble} why=${why} />${found && html`<${Rows} title=${t('budgets')} id="budgets" rows=${found.rows} columns=${[['name', (b) => html`<a href=${`#/keys/${b.kind}/${path(b.name)}`}>${t(b.kind)} ${b.name}</a>`], ['span', (b) => t('per_' + b.span)], ['used', (b) => usd(b.spent), true], ['of', (b) => usd(b.most), true], ['share', (b) => html`<progress max=${b.most || 1} value=${b.spent} aria-label=${`${b.name} ${t('per_' + b.span)}`}></progress> ${b.most ? Math.round(b.spent / b.most * 100) : 100} %`]]} />${found.left > 0 && html`<p class="dim">${number(found.left)} ${t('left_out')}</p>`}`}`
}

// What the ledger no longer has of the time that is shown.
const Removed = ({ of }) => of && html`<p class="note removed">${t('removed', when(of.before), number(of.requests), of.rule)}${of.left_out > 0 && ` ${t('removed_rows', number(of.left_out))}`}</p>`

// ---- single charges
function Charges({ asked, onRefused, fail }) {
  const [found, why] = useAsked(() => api('charges', { params: { key: asked.key, limit: 50 } }), [asked.key], onRefused)
  const find = (event) => { event.preventDefault(); location.hash = `#/cost/${encodeURIComponent(new FormData(event.target).get('id').trim())}` }
  return html`<h2>${t('charges')}</h2><form onSubmit=${find}><label>${t('find')} <input name="id" required /></label> <button>${t('look')}</button></form><${Trouble} why=${why} />
    ${found && html`<${Rows} title=${t('charges')} id="charges" rows=${found.charges} columns=${[['time', (c) => when(c.time)], ['key', (c) => c.key], ['model', (c) => c.model], ['state', (c) => c.state], ['charged', (c) => usd(c.charged), true], ['id', (c) => html`<a href=${`#/cost/${encodeURIComponent(c.request || c.id)}`}>${(c.request || c.id).slice(0, 20)}</a>`]]} /><${Removed} of=${found.removed} />
    <p><button onClick=${() => save('charges', { key: asked.key, limit: 1000 }, 'charges.csv').catch(fail)}>${t('export_charges')}</button></p>`}`
}

function Proof({ id, onRefused }) {
  const [found, why] = useAsked(() => api(`charges/${path(id)}`), [id], onRefused)
  return html`<p><a href="#/cost">← ${t('back_cost')}</a></p><${Trouble} why=${why} />${found && html`<h2>${t('proof')}</h2>${found.charges.map((c) => html`<section class="card proof"><p><strong>${usd(c.charged)}</strong> · ${c.model} · ${c.key} · ${when(c.time)}</p><p><a href=${`#/requests/${encodeURIComponent(c.request)}`}>${t('why_so')}</a></p><${Value} of=${c} /></section>`)}`}`
}

function Audit({ onRefused }) {
  const [said, setSaid] = useState(null), [busy, setBusy] = useState(false)
  const run = () => { setBusy(true); api('audit').then(setSaid).catch((error) => error instanceof Refused ? onRefused() : setSaid({ ok: false, faults: [error.message] })).finally(() => setBusy(false)) }
  return html`<h2>${t('adds_up')}</h2><p>${t('adds_up_help')} <button disabled=${busy} onClick=${run}>${t('check')}</button></p><div role="status" id="audit">${said && (said.ok ? html`<p class="good">${t('it_adds_up')}</p>` : html`<ul class="bad">${said.faults.map((f) => html`<li>${typeof f === 'string' ? f : JSON.stringify(f)}</li>`)}</ul>`)}</div>`
}

// ---- what providers cost
function Margins({ asked, onRefused, fail }) {
  const params = { from: asked.from, until: day(Date.parse(asked.until) + DAY) }
  const [found, why] = useAsked(() => api('margins', { params }), [asked.from, asked.until], onRefused)
  return html`<h2>${t('margins')}</h2><p class="dim">${t('margins_help')}</p><${Trouble} why=${why} />${found && html`${found.more && html`<p class="note">${t('more_rows')}</p>`}
    <${Rows} title=${t('margins')} id="margins" rows=${found.margins} columns=${[['provider', (m) => m.provider || '–'], ['calls', (m) => number(m.requests), true], ['tries', (m) => number(m.tries), true], ['charged', (m) => usd(m.charged), true], ['given_back', (m) => m.given_back ? usd(m.given_back) : '', true], ['list_cost', (m) => usd(m.cost), true], ['of_it_estimated', (m) => m.estimated ? usd(m.estimated) : '', true], ['unknown_tries', (m) => m.unknown ? number(m.unknown) : '', true], ['margin', (m) => html`<span class=${m.margin < 0 ? 'bad' : 'good'}>${usd(m.margin)}</span>`, true]]} />
    <p><button onClick=${() => save('margins', params, `margins-${asked.from}-${asked.until}.csv`).catch(fail)}>${t('export_margins')}</button></p>`}`
}

const side = (s) => s ? `${number(s.n)} · ${number(s.input)}+${number(s.output)} ${s.usd ? ` · ${usd(s.usd)}` : ''}` : '–'
function Reconcile({ who, onRefused }) {
  const [said, setSaid] = useState(null), [why, setWhy] = useState(''), [busy, setBusy] = useState(false)
  const submit = async (event) => {
    event.preventDefault()
    const form = new FormData(event.target), provider = form.get('provider').trim()
    setBusy(true), setWhy(''), setSaid(null)
    try { setSaid(await api('reconcile', { method: 'POST', body: { ...(provider && { provider }), export: await form.get('export').text() } })) } catch (error) { error instanceof Refused ? onRefused() : setWhy(error.message) }
    setBusy(false)
  }
  return html`<h2>${t('reconcile')}</h2><p class="dim">${t('reconcile_help')}</p><form onSubmit=${submit}><div class="fields"><label>${t('provider')} <input name="provider" id="reconciled" autocomplete="off" spellcheck="false" /></label>
    <label>${t('its_export')} <input name="export" id="export" type="file" required accept=".csv,.json,.jsonl,text/csv,application/json" /></label></div><p><button disabled=${busy || who.role === 'read'}>${t('compare_it')}</button></p></form><${Trouble} why=${why} />
    <div role="status" id="differences">${said && (said.ok ? html`<p class="good">${t('it_agrees')}</p>` : html`<${Rows} title=${t('differences')} id="drift" rows=${said.differences} columns=${[['what', (d) => d.request || d.sum], ['ours', (d) => side(d.ours)], ['theirs', (d) => side(d.theirs)]]} />`)}${said && html`<${Removed} of=${said.removed} />`}</div>`
}

async function everybody() {
  const who = await api('token')
  if (!who.ledger) return { who }
  const [keys, groups] = await Promise.all([all('keys', 'keys'), all('groups', 'groups')])
  return { who, people: [...keys.map((k) => ({ ...k, kind: 'key' })), ...groups.map((g) => ({ ...g, kind: 'group' }))] }
}

function Overview({ who, people, theme, onRefused }) {
  const [asked, setAsked] = useState(() => ({ from: day(Date.now() - 29 * DAY), until: day(Date.now()), by: 'day', key: '', model: '', provider: '' })), [failed, setFailed] = useState('')
  const good = asked.from && asked.until && asked.from <= asked.until
  const [found, why] = useAsked(async () => good ? { by: asked.by, ...(await api('usage', { params: { ...paramsOf(asked), by: asked.by } })) } : { by: asked.by, usage: [] }, Object.values(asked), onRefused)
  const [daily] = useAsked(async () => good ? (await api('usage', { params: { ...paramsOf(asked), by: 'day' } })).usage : [], [asked.from, asked.until, asked.key, asked.model, asked.provider], onRefused)
  const labels = [...new Set(people.flatMap((p) => Object.keys(p.labels || {})))].sort()
  const fail = (error) => error instanceof Refused ? onRefused() : setFailed(error.message)
  return html`<${Range} asked=${asked} pick=${(change) => setAsked((a) => ({ ...a, ...change }))} labels=${labels} /><${Trouble} why=${good ? why || failed : t('bad_range')} />
    ${good && daily?.length > 0 && html`<h2>${t('cost_chart')}</h2><${Chart} rows=${daily} from=${asked.from} until=${asked.until} theme=${theme} />`}${found && html`<${Sums} asked=${{ ...asked, by: found.by }} found=${found} />`}
    <p><button disabled=${!good} onClick=${() => save('usage', { ...paramsOf(asked), by: asked.by }, `usage-${asked.from}-${asked.until}.csv`).catch(fail)}>${t('export')}</button></p>
    ${good && html`<${Margins} asked=${asked} onRefused=${onRefused} fail=${fail} />`}<${Reconcile} who=${who} onRefused=${onRefused} />
    <${Budgets} people=${people} onRefused=${onRefused} /><${Balances} onRefused=${onRefused} fail=${fail} /><${Charges} asked=${asked} onRefused=${onRefused} fail=${fail} /><${Audit} onRefused=${onRefused} />`
}

export function Cost({ rest, theme, onRefused }) {
  const [found, why] = useAsked(everybody, [], onRefused)
  if (rest) return html`<${Proof} id=${rest} onRefused=${onRefused} />`
  if (!found) return html`<${Trouble} why=${why} />`
  return found.who.ledger ? html`<${Overview} who=${found.who} people=${found.people} theme=${theme} onRefused=${onRefused} />` : html`<${NoLedger} />`
}
