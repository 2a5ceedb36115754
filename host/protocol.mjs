// The frames between the server and a host: everything that crosses the socket is named here.
//
// A frame is: length of the rest (u32, big endian), kind (u8), id (u32), number (u32), then fields, each a length (u32)
// and so many bytes of UTF-8. `id` ties an answer to its request; what `number` means is said at each kind.

/** Both sides refuse another version. */
export const VERSION = 1

/** Longer frames end the connection. */
export const MAX_FRAME = 256 * 1024 * 1024

const HEADER = 13

/**
 * @typedef {object} Frame
 * @property {number} kind one of {@link Kind}
 * @property {number} id of the request; 0 where there is none
 * @property {number} number
 * @property {string[]} fields
 */

/**
 * Server to host.
 *
 * @typedef {Frame} Ping answered by Pong
 * @typedef {Frame} Source `[hash, source]`; a step's TypeScript or JavaScript, sent before its first call
 * @typedef {Frame} Code `number`: milliseconds left; `[project, contextKey, hash, input as JSON, own]`, `own` being the header
 *   for the server's own addresses as JSON, or empty; answered by Ok, Failed or UnknownSource
 * @typedef {Frame} Evaluate `number`: milliseconds left; `[project, state as JSON, ...expressions]`; answered by Values
 * @typedef {Frame} Cancel the request `id` is not waited for any more; no answer
 * @typedef {Frame} Stats answered by StatsAnswer
 * @typedef {Frame} Drain the host ends when its calls have ended; no answer
 */

/**
 * Host to server.
 *
 * @typedef {Frame} Ready `number`: VERSION; `[version of Node]`; the first frame of a host
 * @typedef {Frame} Pong
 * @typedef {Frame} Ok `[output as JSON]`
 * @typedef {Frame} Failed `[message, error name, stack, what the step printed]`
 * @typedef {Frame} Values one field for each expression: its value as JSON, empty when it is undefined or threw
 * @typedef {Frame} UnknownSource the host has forgotten the source or never had it: send it and call again
 * @typedef {Frame} StatsAnswer `[{@link Statistics} as JSON]`
 */

/**
 * @typedef {object} Statistics
 * @property {number} calls begun since the start
 * @property {number} active calls
 * @property {number} realms kept
 * @property {number} heapBytes in use
 */

export const Kind = Object.freeze({
  PING: 1,
  SOURCE: 2,
  CODE: 3,
  EVALUATE: 4,
  CANCEL: 5,
  STATS: 6,
  DRAIN: 7,
  READY: 101,
  PONG: 102,
  OK: 103,
  FAILED: 104,
  VALUES: 105,
  UNKNOWN_SOURCE: 106,
  STATS_ANSWER: 107,
})

/**
 * @param {number} kind
 * @param {number} id
 * @param {number} number
 * @param {string[]} fields
 * @returns {Buffer}
 */
export function encode(kind, id, number, fields) {
  let length = HEADER
  const lengths = []
  for (const field of fields) {
    const bytes = Buffer.byteLength(field)
    lengths.push(bytes)
    length += 4 + bytes
  }
  const frame = Buffer.allocUnsafe(length)
  frame.writeUInt32BE(length - 4, 0)
  frame[4] = kind
  frame.writeUInt32BE(id, 5)
  frame.writeUInt32BE(number, 9)
  let at = HEADER
  for (let i = 0; i < fields.length; i++) {
    at = frame.writeUInt32BE(lengths[i], at)
    frame.write(fields[i], at)
    at += lengths[i]
  }
  return frame
}

/**
 * @param {Buffer} bytes that hold a whole frame
 * @param {number} start of the frame, at its length
 * @param {number} end
 * @returns {Frame}
 */
function decode(bytes, start, end) {
  if (end - start < HEADER) throw new Error('a frame is shorter than its header')
  const fields = []
  let at = start + HEADER
  while (at < end) {
    const length = bytes.readUInt32BE(at)
    at += 4
    if (at + length > end) throw new Error('a field reaches beyond its frame')
    fields.push(bytes.toString('utf8', at, at + length))
    at += length
  }
  return { kind: bytes[start + 4], id: bytes.readUInt32BE(start + 5), number: bytes.readUInt32BE(start + 9), fields }
}

/**
 * Makes of the chunks that arrive the frames that were sent.
 *
 * @param {(frame: Frame) => void} receive
 * @returns {(chunk: Buffer) => void}
 */
export function frameReader(receive) {
  /** @type {Buffer[]} */
  let parts = []
  let size = 0
  let wanted = 4
  return (chunk) => {
    parts.push(chunk)
    size += chunk.length
    if (size < wanted) return
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, size)
    let at = 0
    wanted = 4
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at)
      if (length > MAX_FRAME) throw new Error(`a frame of ${length} bytes`)
      if (bytes.length - at < 4 + length) {
        wanted = 4 + length
        break
      }
      receive(decode(bytes, at, at + 4 + length))
      at += 4 + length
    }
    parts = at === bytes.length ? [] : [bytes.subarray(at)]
    size = bytes.length - at
  }
}
