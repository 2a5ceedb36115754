// A host: connects to the server's socket and runs user code until the socket closes.
//
//   node main.mjs <socket> <options as JSON>
//
// The operating system's wall around it is raised by wall.sh, before this file is read.
import net from 'node:net'
import { callRunner } from './calls.mjs'
import { lendModules } from './modules.mjs'
import { guardConnections } from './network.mjs'
import { Kind, VERSION, encode, frameReader } from './protocol.mjs'

/**
 * @typedef {object} HostOptions
 * @property {boolean} effectful
 * @property {number} outputLimit in characters
 * @property {boolean} strictNetwork
 * @property {string[]} allowedAddresses
 */

const DROP_OLD_EVERY = 30_000
/** Calls that begin in one turn of the event loop. */
const GROUP = 16

const [socketPath, optionsText] = process.argv.slice(2)
/** @type {HostOptions} */
const options = JSON.parse(optionsText)
const socket = net.connect(socketPath)

/** @type {Buffer[]} */
let outgoing = []
let waitingCalls = 0
let draining = false

function flush() {
  if (outgoing.length === 0) return
  const frames = outgoing
  outgoing = []
  socket.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
}

const runner = callRunner(
  {
    effectful: options.effectful,
    outputLimit: options.outputLimit,
    lent: (currentCall) => (options.effectful ? lendModules(currentCall) : { require: undefined, globals: {} }),
  },
  (kind, id, number, fields) => {
    outgoing.push(encode(kind, id, number, fields))
    // While calls begin their answers leave together, at the end of their group.
    if (!pumping) flush()
    if (draining && runner.activeCount() === 0 && waitingCalls === 0) socket.end(() => process.exit(0))
  },
)

/** @type {import('./protocol.mjs').Frame[]} */
let waiting = []
let pumping = false

/**
 * Each call begins in a task of its own (calls.mjs says why). Between small groups of them the loop looks at the socket,
 * so that pings are answered while many calls wait.
 *
 * @param {import('./protocol.mjs').Frame} frame
 */
function begin(frame) {
  waiting.push(frame)
  waitingCalls++
  if (!pumping) {
    pumping = true
    setImmediate(pump)
  }
}

function pump() {
  for (const frame of waiting.splice(0, GROUP)) {
    setImmediate(() => {
      waitingCalls--
      if (frame.kind === Kind.CODE) runner.code(frame)
      else runner.evaluate(frame)
    })
  }
  setImmediate(() => {
    // The answers of calls that ended at once are here by now.
    flush()
    pumping = waiting.length > 0
    if (pumping) pump()
    else runner.prepareSoon()
  })
}

/** @param {import('./protocol.mjs').Frame} frame */
function receive(frame) {
  switch (frame.kind) {
    case Kind.PING:
      socket.write(encode(Kind.PONG, frame.id, 0, []))
      break
    case Kind.SOURCE:
      runner.keepSource(frame)
      break
    case Kind.CODE:
    case Kind.EVALUATE:
      begin(frame)
      break
    case Kind.CANCEL:
      if (waiting.some((one) => one.id === frame.id)) {
        waiting = waiting.filter((one) => one.id !== frame.id)
        waitingCalls--
      }
      runner.cancel(frame.id)
      break
    case Kind.STATS:
      socket.write(encode(Kind.STATS_ANSWER, frame.id, 0, [JSON.stringify(runner.statistics())]))
      break
    case Kind.DRAIN:
      draining = true
      if (runner.activeCount() === 0 && waitingCalls === 0) socket.end(() => process.exit(0))
      break
    default:
      throw new Error(`no such frame: ${frame.kind}`)
  }
}

process.on('unhandledRejection', (reason, promise) => runner.rejected(reason, promise))
process.on('uncaughtException', (error) => {
  if (runner.uncaught(error)) return
  process.stderr.write(`${error instanceof Error ? error.stack : 'an error of user code reached the host'}\n`)
  process.exit(70)
})

socket.on('connect', () => {
  if (options.effectful && options.strictNetwork) guardConnections(socket, options.allowedAddresses)
  socket.write(encode(Kind.READY, 0, VERSION, [process.version]))
  runner.prepareSoon()
})
socket.on('data', frameReader(receive))
// The server is gone or does not want this host any more.
socket.on('close', () => process.exit(0))
socket.on('error', () => process.exit(0))
setInterval(runner.dropOld, DROP_OLD_EVERY).unref()
