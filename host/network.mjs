// Keeps an effectful host from private addresses (AP_NETWORK_MODE=STRICT). The guard sits where the connection is made, on
// the native handles, so that it sees the final address whatever resolver, redirect or client came before.
import net from 'node:net'

/** Everything that is not global unicast. */
const REFUSED = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '::/128', '::1/128', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001:db8::/32', '2002::/16', 'fc00::/7',
  'fe80::/10', 'ff00::/8',
]

const EACCES = -13

/**
 * @param {string[]} ranges addresses and CIDR blocks
 */
export function addressList(ranges) {
  const list = new net.BlockList()
  for (const range of ranges) {
    const [address, bits] = range.split('/')
    const family = net.isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

const refused = addressList(REFUSED)

/**
 * @param {string} address
 * @param {net.BlockList} allowed
 * @returns {boolean}
 */
export function mayConnect(address, allowed) {
  const plain = address.replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  const final = mapped ?? plain
  const version = net.isIP(final)
  if (version === 0) return false
  const family = version === 6 ? 'ipv6' : 'ipv4'
  return allowed.check(final, family) || !refused.check(final, family)
}

/**
 * Guards every connection that this process will make. Call it when the host's own connection stands.
 *
 * @param {net.Socket} own the host's connection, whose handle's class serves all Unix sockets
 * @param {string[]} allowRanges
 */
export function guardConnections(own, allowRanges) {
  const allowed = addressList(allowRanges)
  const probe = net.connect({ host: '127.0.0.1', port: 9 })
  const tcp = handlePrototype(probe)
  probe.destroy()
  for (const name of ['connect', 'connect6']) {
    const connect = tcp[name]
    /** @this {any} @param {any} request @param {unknown} address @param {any[]} rest */
    const guarded = function (request, address, ...rest) {
      const text = String(address)
      return mayConnect(text, allowed) ? Reflect.apply(connect, this, [request, text, ...rest]) : EACCES
    }
    replace(tcp, name, guarded)
  }
  replace(handlePrototype(own), 'connect', () => EACCES)
}

/**
 * @param {net.Socket} socket
 * @returns {any}
 */
const handlePrototype = (socket) => Object.getPrototypeOf(/** @type {any} */ (socket)._handle)

/**
 * @param {object} prototype
 * @param {string} name
 * @param {Function} value
 */
const replace = (prototype, name, value) =>
  Object.defineProperty(prototype, name, { value, writable: false, configurable: false, enumerable: true })
