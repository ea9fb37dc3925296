// Keys and groups: those that the ledger keeps: who is in which, what they may and have used; made, changed, rotated, revoked, and paid in for.
import htm from 'htm'
import { h } from 'preact'
import { useState } from 'preact/hooks'
import { all, api, name as path, newId, NoLedger, OnlyLook, Rows, Trouble, usd, useAsked, when } from './ledger.js'
import { Refused } from './api.js'
import { number, t } from './text.js'

const html = htm.bind(h)
const to = (kind, name) => `#/keys/${kind}/${path(name)}`

// ---- members: how each is written in a form, and read from it. Null takes it away.
const list = { show: (v) => (v || []).join(', '), read: (s) => s.split(/[\s,]+/).filter(Boolean) }
const text = { show: (v) => v ?? '', read: (s) => s }
const whole = { show: (v) => v ?? '', read: Number, type: 'number', min: 1, step: 1 }
const amount = { show: (v) => v ?? '', read: Number, type: 'number', min: 0, step: 'any' }
const labels = { show: (v) => Object.entries(v || {}).map(([k, s]) => `${k}=${s}`).join(', '), read: (s) => Object.fromEntries(s.split(',').map((p) => p.trim()).filter(Boolean).map((p) => [p.split('=')[0].trim(), p.split('=').slice(1).join('=').trim()])) }
const members = { group: text, models: list, budget_day: amount, budget_month: amount, budget_total: amount, rpm: whole, tpm: whole, expires: text, labels, addresses: list, account: text, downgrade: text, chain: text, markup: amount, note: text }
const hints = { models: 'gpt-*, claude-*', expires: '2027-01-01', labels: 'tier=gold, team=blue', addresses: '10.0.0.0/8' }

function read(form, before) {
  const change = {}
  for (const [member, kind] of Object.entries(members)) {
    const typed = String(form.get(member) ?? '').trim()
    if (typed === String(kind.show(before?.[member]))) continue
    change[member] = typed === '' ? null : kind.read(typed)
  }
  return before ? change : Object.fromEntries(Object.entries(change).filter(([, v]) => v !== null))
}

function Fields({ person, groups, locked }) {
  return html`<div class="fields">${Object.entries(members).map(([member, kind]) => html`<label key=${member}>${t('p_' + member)} ${member === 'group'
    ? html`<select name="group" disabled=${locked}><option value="">–</option>${groups.map((g) => html`<option value=${g.name} selected=${person?.group === g.name}>${g.name}</option>`)}</select>`
    : html`<input name=${member} type=${kind.type || 'text'} min=${kind.min} step=${kind.step} placeholder=${hints[member]} defaultValue=${kind.show(person?.[member])} disabled=${locked} autocomplete="off" spellcheck="false" />`}</label>`)}</div>`
}

// ---- what comes of it
const state = (p) => p.revoked ? 'revoked' : p.disabled ? 'disabled' : p.expires && new Date(p.expires) < new Date() ? 'expired' : 'good'
const State = ({ of }) => html`<span class=${state(of) === 'good' ? 'good' : 'bad'}>${t('s_' + state(of))}</span>`
const budgets = (p) => [['day', p.budget_day], ['month', p.budget_month], ['total', p.budget_total]].filter(([, v]) => v != null)

function Secret({ secret, about }) {
  const [copied, setCopied] = useState(false)
  if (!secret) return null
  return html`<div class="note" role="status" id="secret"><p>${t('shown_once')} <strong>${about}</strong></p><p><code>${secret}</code> <button type="button" onClick=${(e) => { getSelection().selectAllChildren(e.target.previousElementSibling); navigator.clipboard ? navigator.clipboard.writeText(secret) : document.execCommand('copy'); setCopied(true) }}>${t('copy')}</button> ${copied ? t('copied') : ''}</p></div>`
}

// Runs a change: what is wrong is shown, what it answers is given to `then`.
function useChange(onRefused) {
  const [wrong, setWrong] = useState(''), [busy, setBusy] = useState(false)
  const run = async (change, then) => {
    setBusy(true), setWrong('')
    try { await then(await change()) } catch (error) { error instanceof Refused ? onRefused() : setWrong(error.message) }
    setBusy(false)
  }
  return { wrong, busy, run }
}

function Create({ kind, groups, onRefused }) {
  const [made, setMade] = useState(null), { wrong, busy, run } = useChange(onRefused)
  const submit = (event) => {
    event.preventDefault()
    const form = new FormData(event.target), wanted = String(form.get('name')).trim()
    run(() => api(kind === 'key' ? 'keys' : 'groups', { method: 'POST', body: { name: wanted, ...read(form) } }), setMade)
  }
  return html`<p><a href="#/keys">← ${t('back_keys')}</a></p><h2>${t('new_' + kind)}</h2>
    ${made && html`<${Secret} secret=${made.key} about=${made.name} /><p role="status"><a href=${to(kind, made.name)}>${made.name}</a> ${t('is_made')}</p>`}
    <${Trouble} why=${wrong} /><form onSubmit=${submit}><p><label class="wide">${t('name')} <input name="name" required autocomplete="off" spellcheck="false" pattern="[A-Za-z0-9._@+\\-]+" /></label></p>
    <${Fields} groups=${groups} /><p><button disabled=${busy}>${t('create')}</button></p></form>`
}

// The account that pays: its own, the nearest group's, or that of the key's name.
function accountOf(kind, person, groups) {
  for (let at = person, hops = 0; at && hops < 20; at = groups.find((g) => g.name === at.group), hops++) if (at.account) return at.account
  return kind === 'key' ? person.name : null
}
async function balanceOf(account) {
  const page = account && await api('accounts', { params: { limit: 1000 } })
  return account && (page.accounts.find((a) => a.account === account) || (page.next ? await api(`accounts/${path(account)}`).catch(() => null) : null))
}

function Money({ account, who, onRefused }) {
  const [balance, , look] = useAsked(() => balanceOf(account), [account], onRefused), [id, setId] = useState(newId), { wrong, busy, run } = useChange(onRefused), [done, setDone] = useState('')
  const submit = (event) => {
    event.preventDefault()
    const form = event.target, usd_ = String(new FormData(form).get('usd')).trim()
    run(() => api('credits', { method: 'POST', body: { account, usd: usd_, id, note: 'console' } }), (answer) => { setDone(`${usd(answer.usd)} ${t('paid_in')}. ${t('available')}: ${usd(answer.available)}`); setId(newId()); form.reset(); look() })
  }
  if (!account) return null
  return html`<h2>${t('money')}</h2><dl id="balance"><dt>${t('account')}</dt><dd>${account}</dd><dt>${t('available')}</dt><dd>${balance ? usd(balance.available) : '–'}</dd><dt>${t('charged')}</dt><dd>${balance ? usd(balance.charged) : '–'}</dd></dl>
    <${Trouble} why=${wrong} /><form onSubmit=${submit}><p><label>${t('top_up')} (USD) <input name="usd" type="number" min="0.000000001" step="any" required disabled=${who.role !== 'money'} /></label> <button disabled=${busy || who.role !== 'money'}>${t('pay_in')}</button> <span role="status">${done}</span></p></form>
    ${who.role !== 'money' && html`<p class="dim">${t('needs_money')}</p>`}`
}

function Actions({ person, secret, change, locked, busy }) {
  const [overlap, setOverlap] = useState('0')
  const key = `keys/${path(person.name)}`
  return html`<p class="actions"><button type="button" disabled=${locked || busy || !!person.revoked} onClick=${() => change(() => api(key, { method: 'PATCH', params: { revision: person.revision }, body: { disabled: person.disabled ? null : true } }))}>${t(person.disabled ? 'enable' : 'disable')}</button>
    <label>${t('overlap')} <select id="overlap" value=${overlap} onChange=${(e) => setOverlap(e.target.value)}>${[['0', 'none'], ['3600', '1 h'], ['86400', '24 h'], ['604800', '7 d']].map(([s, word]) => html`<option value=${s}>${t(word)}</option>`)}</select></label>
    <button type="button" disabled=${locked || busy || !!person.revoked} onClick=${() => change(() => api(`${key}/rotate`, { method: 'POST', body: { overlap: Number(overlap) } }))}>${t('rotate')}</button>
    <button type="button" class="bad" disabled=${locked || busy || !!person.revoked} onClick=${() => confirm(t('confirm_revoke')) && change(() => api(`${key}/revoke`, { method: 'POST' }))}>${t('revoke')}</button></p>
    <${Secret} secret=${secret} about=${person.name} />
    <${Rows} title=${t('secrets')} id="secrets" rows=${person.secrets || []} columns=${[['begins', (s) => html`<code>${s.shown}…</code>`], ['until', (s) => when(s.until) || t('no_end')]]} />`
}

function One({ kind, called, who, groups, again, onRefused }) {
  const place = `${kind === 'key' ? 'keys' : 'groups'}/${path(called)}`
  const [person, why, look] = useAsked(() => api(place), [place], onRefused), [secret, setSecret] = useState(''), { wrong, busy, run } = useChange(onRefused), [saved, setSaved] = useState('')
  const [changes, , lookChanges] = useAsked(() => api('changes', { params: { kind, name: called, limit: 20 } }), [place], onRefused)
  const back = html`<p><a href="#/keys">← ${t('back_keys')}</a></p>`
  if (!person) return html`${back}<${Trouble} why=${why} />`
  const locked = who.role === 'read' || !!person.revoked
  const change = (what) => run(what, async (answer) => { setSecret(answer.key || ''); setSaved(t('saved')); await look(); lookChanges(); again() })
  const submit = (event) => {
    event.preventDefault()
    const body = read(new FormData(event.target), person)
    if (Object.keys(body).length) change(() => api(place, { method: 'PATCH', params: { revision: person.revision }, body }))
  }
  return html`${back}<h2>${t(kind)} ${person.name} · <${State} of=${person} /></h2><${Trouble} why=${wrong || why} />
    ${budgets(person).length > 0 && html`<h2>${t('budgets')}</h2><dl id="spent">${budgets(person).map(([span, most]) => html`<dt>${t('p_budget_' + span)}</dt><dd>${usd(person.spent?.[span] ?? 0)} / ${usd(most)}</dd>`)}</dl>`}
    ${kind === 'key' && html`<${Actions} person=${person} secret=${secret} change=${change} locked=${locked} busy=${busy} />`}
    <${Money} account=${accountOf(kind, person, groups)} who=${who} onRefused=${onRefused} />
    <h2>${t('limits')}</h2><form onSubmit=${submit} key=${person.revision}><${Fields} person=${person} groups=${groups.filter((g) => kind === 'key' || g.name !== called)} locked=${locked} /><p><button disabled=${locked || busy}>${t('save')}</button> <span role="status">${saved}</span></p></form>
    <h2>${t('history')}</h2><${Rows} title=${t('history')} id="history" rows=${changes?.changes || []} columns=${[['revision', (c) => number(c.revision)], ['time', (c) => when(c.time)], ['by', (c) => c.by]]} />`
}

// ---- the list
function Tree({ groups, keys }) {
  return html`<ul class="tree">${groups.map((g) => html`<li key=${g.name}><a href=${to('group', g.name)}>${g.name}</a>${g.disabled ? html` <span class="bad">${t('s_disabled')}</span>` : ''}<${Tree} groups=${g.groups} keys=${g.keys} /></li>`)}
    ${keys.map((k) => html`<li key=${'key ' + k}><a href=${to('key', k)}>${k}</a></li>`)}</ul>`
}

function List({ keys, groups, tree, who }) {
  const [find, setFind] = useState('')
  const shown = keys.filter((k) => `${k.name} ${k.group || ''} ${labels.show(k.labels)} ${k.note || ''}`.toLowerCase().includes(find.toLowerCase()))
  return html`<${OnlyLook} who=${who} /><p><a class="button" href="#/keys/new/key">${t('new_key')}</a> <a class="button" href="#/keys/new/group">${t('new_group')}</a></p>
    ${groups.length > 0 && html`<h2>${t('groups')}</h2><${Tree} groups=${tree.groups} keys=${[]} />`}
    <h2>${t('its_keys')}</h2><p><label>${t('search')} <input id="find" value=${find} onInput=${(e) => setFind(e.target.value)} /></label></p>
    <${Rows} title=${t('its_keys')} id="keys" rows=${shown.slice(0, 500)} columns=${[['name', (k) => html`<a href=${to('key', k.name)}>${k.name}</a>`], ['state', (k) => html`<${State} of=${k} />`], ['group', (k) => k.group], ['begins', (k) => html`<code>${(k.secrets || []).map((s) => s.shown).join(' ')}</code>`], ['budgets', (k) => budgets(k).map(([span, most]) => `${usd(most)}/${t('per_' + span)}`).join(', ')], ['p_rpm', (k) => number(k.rpm), true], ['p_models', (k) => list.show(k.models)], ['labels', (k) => labels.show(k.labels)]]} />
    ${shown.length > 500 && html`<p class="dim">${number(shown.length - 500)} ${t('left_out')}</p>`}`
}

async function everything() {
  const who = await api('token')
  if (!who.ledger) return { who }
  const [keys, groups, tree] = await Promise.all([all('keys', 'keys'), all('groups', 'groups'), api('tree')])
  return { who, keys, groups, tree }
}

export function Keys({ rest, onRefused }) {
  const [found, why, again] = useAsked(everything, [rest === ''], onRefused)
  const [what, ...more] = rest.split('/'), called = more.join('/')
  if (!found) return html`<${Trouble} why=${why} />`
  if (!found.who.ledger) return html`<${NoLedger} />`
  if (what === 'new' && (called === 'key' || called === 'group')) return html`<${OnlyLook} who=${found.who} /><${Create} kind=${called} key=${called} groups=${found.groups} onRefused=${onRefused} />`
  if ((what === 'key' || what === 'group') && called) return html`<${OnlyLook} who=${found.who} /><${One} kind=${what} called=${called} key=${rest} who=${found.who} groups=${found.groups} again=${again} onRefused=${onRefused} />`
  return html`<${Trouble} why=${why} /><${List} ...${found} />`
}
