// Runs inside each realm: the web platform's classes that the language itself lacks. They are written here, not lent by
// the host, since an object of the host's realm would hand out that realm; the host is asked in texts only.
;(function (ask) {
  'use strict'

  /** Text whose characters are bytes: how bytes cross to the host. */
  const toLatin1 = (bytes) => {
    let text = ''
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return text
  }

  const fromLatin1 = (text) => {
    const bytes = new Uint8Array(text.length)
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
    return bytes
  }

  const bytesOf = (data) => {
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    if (data instanceof ArrayBuffer) return new Uint8Array(data)
    throw new TypeError('expected an ArrayBuffer or a view of one')
  }

  class TextEncoder {
    get encoding() {
      return 'utf-8'
    }

    encode(input = '') {
      const text = String(input).toWellFormed()
      const bytes = new Uint8Array(text.length * 3)
      return bytes.slice(0, this.encodeInto(text, bytes).written)
    }

    encodeInto(input, bytes) {
      const text = String(input).toWellFormed()
      let read = 0
      let written = 0
      for (const character of text) {
        const code = character.codePointAt(0)
        const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
        if (written + size > bytes.length) break
        if (size === 1) {
          bytes[written++] = code
        } else {
          bytes[written++] = [0, 0, 0xc0, 0xe0, 0xf0][size] | (code >> (6 * (size - 1)))
          for (let left = size - 2; left >= 0; left--) bytes[written++] = 0x80 | ((code >> (6 * left)) & 0x3f)
        }
        read += character.length
      }
      return { read, written }
    }
  }

  const ENCODINGS = {
    'utf-8': 'utf-8', utf8: 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le',
    latin1: 'windows-1252', 'iso-8859-1': 'windows-1252', ascii: 'windows-1252', 'windows-1252': 'windows-1252',
  }

  class TextDecoder {
    #encoding
    #fatal
    #ignoreBOM

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      const name = String(label).trim().toLowerCase()
      if (!Object.hasOwn(ENCODINGS, name)) throw new RangeError(`The encoding '${name}' is not supported`)
      this.#encoding = ENCODINGS[name]
      this.#fatal = Boolean(fatal)
      this.#ignoreBOM = Boolean(ignoreBOM)
    }

    get encoding() {
      return this.#encoding
    }

    get fatal() {
      return this.#fatal
    }

    get ignoreBOM() {
      return this.#ignoreBOM
    }

    decode(data = new Uint8Array(0)) {
      const bytes = bytesOf(data)
      const answer = ask.decode(this.#encoding, toLatin1(bytes), this.#fatal, this.#ignoreBOM)
      if (answer === undefined) throw new TypeError('The encoded data was not valid for encoding ' + this.#encoding)
      return answer
    }
  }

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

  function btoa(input) {
    const text = String(input)
    let out = ''
    for (let i = 0; i < text.length; i += 3) {
      const codes = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)]
      if (codes.some((code) => code > 255)) throw new RangeError('The text holds characters outside of Latin1')
      const bits = (codes[0] << 16) | ((codes[1] || 0) << 8) | (codes[2] || 0)
      out += ALPHABET[bits >> 18] + ALPHABET[(bits >> 12) & 63]
      out += i + 1 < text.length ? ALPHABET[(bits >> 6) & 63] : '='
      out += i + 2 < text.length ? ALPHABET[bits & 63] : '='
    }
    return out
  }

  function atob(input) {
    const text = String(input).replace(/[\t\n\f\r ]/g, '').replace(/^((?:.{4})*.{2,3}?)={1,2}$/s, '$1')
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw new RangeError('The text is not correctly encoded')
    let out = ''
    let bits = 0
    let count = 0
    for (const character of text) {
      bits = ((bits << 6) | ALPHABET.indexOf(character)) & 0xffffff
      count += 6
      if (count >= 8) {
        count -= 8
        out += String.fromCharCode((bits >> count) & 255)
      }
    }
    return out
  }

  class URLSearchParams {
    #pairs = []
    #changed = () => {}

    constructor(init = '') {
      if (typeof init === 'object' && init !== null) {
        if (typeof init[Symbol.iterator] === 'function') {
          for (const pair of init) {
            const both = [...pair]
            if (both.length !== 2) throw new TypeError('Each query pair must be a name and a value')
            this.#pairs.push([String(both[0]), String(both[1])])
          }
        } else {
          for (const key of Object.keys(init)) this.#pairs.push([key, String(init[key])])
        }
      } else {
        this.#parse(String(init))
      }
    }

    /** Ties the parameters of a URL to it. */
    static attach(params, text, changed) {
      params.#pairs = []
      params.#parse(text)
      params.#changed = changed
    }

    #parse(text) {
      for (const part of text.replace(/^\?/, '').split('&')) {
        if (part === '') continue
        const middle = part.indexOf('=')
        const name = middle < 0 ? part : part.slice(0, middle)
        this.#pairs.push([unescapeForm(name), middle < 0 ? '' : unescapeForm(part.slice(middle + 1))])
      }
    }

    get size() {
      return this.#pairs.length
    }

    append(name, value) {
      this.#pairs.push([String(name), String(value)])
      this.#changed()
    }

    delete(name, value) {
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)))
      this.#changed()
    }

    get(name) {
      return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null
    }

    getAll(name) {
      return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1])
    }

    has(name, value) {
      return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)))
    }

    set(name, value) {
      const first = this.#pairs.findIndex((pair) => pair[0] === String(name))
      if (first < 0) {
        this.#pairs.push([String(name), String(value)])
      } else {
        this.#pairs[first] = [String(name), String(value)]
        this.#pairs = this.#pairs.filter((pair, index) => index <= first || pair[0] !== String(name))
      }
      this.#changed()
    }

    sort() {
      this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
      this.#changed()
    }

    forEach(action, self) {
      for (const [name, value] of this.#pairs) action.call(self, value, name, this)
    }

    *entries() {
      for (const [name, value] of this.#pairs) yield [name, value]
    }

    *keys() {
      for (const pair of this.#pairs) yield pair[0]
    }

    *values() {
      for (const pair of this.#pairs) yield pair[1]
    }

    [Symbol.iterator]() {
      return this.entries()
    }

    toString() {
      return this.#pairs.map(([name, value]) => `${escapeForm(name)}=${escapeForm(value)}`).join('&')
    }
  }

  const attach = URLSearchParams.attach
  Reflect.deleteProperty(URLSearchParams, 'attach')

  function unescapeForm(text) {
    const spaced = text.replaceAll('+', ' ')
    if (!spaced.includes('%')) return spaced
    const bytes = new TextEncoder().encode(spaced)
    const plain = []
    for (let i = 0; i < bytes.length; i++) {
      const hex = bytes[i] === 37 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : ''
      if (/^[0-9a-f]{2}$/i.test(hex)) {
        plain.push(parseInt(hex, 16))
        i += 2
      } else {
        plain.push(bytes[i])
      }
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(plain))
  }

  const escapeForm = (text) =>
    encodeURIComponent(text.toWellFormed())
      .replace(/[!'()~]/g, (character) => '%' + character.charCodeAt(0).toString(16).toUpperCase())
      .replaceAll('%20', '+')

  class URL {
    #parts
    #params

    constructor(input, base) {
      const text = String(input)
      const answer = ask.parseUrl(text, base === undefined ? undefined : String(base))
      if (answer === undefined) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: text })
      this.#parts = JSON.parse(answer)
    }

    static canParse(input, base) {
      return ask.parseUrl(String(input), base === undefined ? undefined : String(base)) !== undefined
    }

    static change(url, name, value) {
      const answer = ask.changeUrl(url.#parts.href, name, String(value))
      if (answer === undefined) {
        if (name === 'href') throw new TypeError('Invalid URL')
        return
      }
      url.#parts = JSON.parse(answer)
    }

    static part(url, name) {
      return url.#parts[name]
    }

    get origin() {
      return this.#parts.origin
    }

    get searchParams() {
      if (this.#params === undefined) {
        this.#params = new URLSearchParams()
        this.#follow()
      }
      return this.#params
    }

    #follow() {
      attach(this.#params, this.#parts.search, () => changeUrl(this, 'search', this.#params.toString()))
    }

    static followed(url) {
      if (url.#params !== undefined) url.#follow()
    }

    toString() {
      return this.#parts.href
    }

    toJSON() {
      return this.#parts.href
    }
  }

  const { change: changeUrl, part: partOfUrl, followed } = URL
  for (const name of ['change', 'part', 'followed']) Reflect.deleteProperty(URL, name)
  const PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']
  for (const name of PARTS) {
    Object.defineProperty(URL.prototype, name, {
      get() {
        return partOfUrl(this, name)
      },
      set(value) {
        changeUrl(this, name, value)
        if (name === 'href' || name === 'search') followed(this)
      },
      enumerable: true,
      configurable: true,
    })
  }

  function structuredClone(value) {
    return clone(value, new Map())
  }

  function clone(value, seen) {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new TypeError(`${String(value)} could not be cloned`)
    }
    if (typeof value !== 'object' || value === null) return value
    if (seen.has(value)) return seen.get(value)
    const kept = (copy) => {
      seen.set(value, copy)
      return copy
    }
    if (value instanceof Date) return kept(new Date(value.getTime()))
    if (value instanceof RegExp) return kept(new RegExp(value.source, value.flags))
    if (value instanceof ArrayBuffer) return kept(value.slice(0))
    if (value instanceof DataView) return kept(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength))
    if (ArrayBuffer.isView(value)) {
      const type = Object.getPrototypeOf(value).constructor
      return kept(new type(clone(value.buffer, seen), value.byteOffset, value.length))
    }
    if (value instanceof Promise) throw new TypeError('A Promise could not be cloned')
    if (value instanceof Map) {
      const copy = kept(new Map())
      for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen))
      return copy
    }
    if (value instanceof Set) {
      const copy = kept(new Set())
      for (const item of value) copy.add(clone(item, seen))
      return copy
    }
    if (value instanceof Error) {
      const types = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }
      const type = Object.hasOwn(types, value.name) ? types[value.name] : Error
      const copy = kept(new type(value.message))
      Object.defineProperty(copy, 'stack', { value: value.stack, writable: true, configurable: true })
      return copy
    }
    const copy = kept(Array.isArray(value) ? new Array(value.length) : {})
    for (const key of Object.keys(value)) {
      Object.defineProperty(copy, key, {
        value: clone(value[key], seen), writable: true, enumerable: true, configurable: true,
      })
    }
    return copy
  }

  const HASHES = { md5: 'md5', sha1: 'sha1', sha256: 'sha256', sha384: 'sha384', sha512: 'sha512' }

  function hashName(name) {
    const plain = String(typeof name === 'object' && name !== null ? name.name : name).toLowerCase().replace('-', '')
    if (!Object.hasOwn(HASHES, plain)) throw new TypeError(`The hash '${String(name)}' is not supported`)
    return HASHES[plain]
  }

  const INTEGERS = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array]

  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

  /** `createHash` and `createHmac` of Node, for texts and bytes. */
  class Hash {
    #name
    #key
    #data = ''

    constructor(name, key) {
      this.#name = hashName(name)
      this.#key = key === undefined ? undefined : latin1Of(key)
    }

    update(data) {
      this.#data += latin1Of(data)
      return this
    }

    digest(encoding) {
      const digest = ask.hash(this.#name, this.#data, this.#key)
      switch (encoding) {
        case undefined: return fromLatin1(digest)
        case 'hex': return toHex(fromLatin1(digest))
        case 'base64': return btoa(digest)
        case 'base64url': return btoa(digest).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
        default: throw new TypeError(`The encoding '${String(encoding)}' is not supported`)
      }
    }
  }

  const latin1Of = (data) => toLatin1(typeof data === 'string' ? new TextEncoder().encode(data) : bytesOf(data))

  const crypto = {
    randomUUID: () => ask.uuid(),
    getRandomValues(array) {
      if (!INTEGERS.some((type) => array instanceof type)) throw new TypeError('expected an array of integers')
      if (array.byteLength > 65536) throw new RangeError('at most 65536 bytes at a time')
      bytesOf(array).set(fromLatin1(ask.random(array.byteLength)))
      return array
    },
    createHash: (name) => new Hash(name),
    createHmac: (name, key) => new Hash(name, key),
    subtle: {
      digest: async (name, data) => fromLatin1(ask.hash(hashName(name), toLatin1(bytesOf(data)))).buffer,
    },
  }

  return { TextEncoder, TextDecoder, btoa, atob, URL, URLSearchParams, structuredClone, crypto }
})
