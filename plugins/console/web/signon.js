// Signing in: by a token, or at the OpenID provider where the gateway has one. What is kept of a login that has begun lives in this tab
// alone, so the answer to one that another page began, or a link that looks like an answer, finds nothing here to go with.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { json, Refused, setToken, setWho, who } from './api.js'
import { t } from './text.js'

const html = htm.bind(h)
const BACK = '/console/signed-in'

// The query that the provider sent the browser back with; '' if it did not. It leaves the address at once, and the page that was left returns.
export function answerOfProvider() {
  if (location.pathname !== BACK) return ''
  const answer = location.search.slice(1)
  history.replaceState(null, '', '/console' + (sessionStorage.getItem('place') || ''))
  sessionStorage.removeItem('place')
  return answer
}

async function post(path, headers) {
  const said = await (await fetch(path, { method: 'POST', headers, cache: 'no-store' })).json()
  if (said.error) throw Object.assign(new Error(said.error.message), { code: said.error.code })
  return said
}

async function begin() {
  const { url, login } = await post('/oidc/begin')
  sessionStorage.setItem('login', login)
  sessionStorage.setItem('place', location.hash)
  location.assign(url)
}

export async function finish(answer) {
  const login = sessionStorage.getItem('login')
  sessionStorage.removeItem('login') // it is good once
  if (!login) throw Object.assign(new Error(t('oidc_not_begun')), { code: 'oidc_login' })
  const { token, name, role, until } = await post('/oidc/finish', { authorization: `Bearer ${login}`, 'x-yuzui-answer': answer })
  setToken(token), setWho({ name: name.replace(/^oidc:/, ''), role, until })
}

const Why = ({ error }) => html`<div class="bad" role="alert"><p>${/^oidc_/.test(error.code) ? t(error.code) : t('gone_once')}</p>${error.code && html`<p lang="en">${error.message}</p>`}</div>`

function Provider({ offer, failed }) {
  const [error, setError] = useState(failed), [busy, setBusy] = useState(false)
  const go = () => { setBusy(true), setError(null); begin().catch((why) => { setError(why), setBusy(false) }) }
  const name = t('sign_in_with').replace('{}', offer.label)
  return html`<section><h2>${t('single_sign_on')}</h2>
    <p>${offer.url === location.origin ? html`<button class="first" type="button" disabled=${busy} onClick=${go}>${name}</button>` : html`<a href="${offer.url}/console${location.hash}">${name}: ${offer.url}</a>`}</p>
    ${error && html`<${Why} error=${error} />`}</section>`
}

export function Login({ done, failed }) {
  const [wrong, setWrong] = useState(false), [offer, setOffer] = useState(null), [ended] = useState(who()?.until * 1000 <= Date.now())
  useEffect(() => { fetch('/oidc', { cache: 'no-store' }).then((a) => a.json()).then(setOffer).catch(() => setOffer({})) }, [])
  const submit = async (event) => {
    event.preventDefault()
    setToken(new FormData(event.target).get('token').trim())
    try { await json('/status'); done() } catch (error) { if (error instanceof Refused) setToken(''); setWrong(true) }
  }
  return html`<main><h1>yuzui</h1>
    ${ended && html`<p class="note" role="status">${t('sign_in_ended')}</p>`}
    ${offer?.offered && html`<${Provider} offer=${offer} failed=${failed} />`}
    <form onSubmit=${submit}>${offer?.offered && html`<h2>${t('by_token')}</h2>`}
    <p><label for="token">${t('token')}</label></p>
    <p><input id="token" name="token" type="password" autocomplete="off" required autofocus=${!failed} /> <button>${t('sign_in')}</button></p>
    ${wrong && html`<p class="bad" role="alert">${t('wrong')}</p>`}</form></main>`
}
