package millrace.pieces;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses flows may connect to (AP_NETWORK_MODE, AP_SSRF_ALLOW_LIST). Judges addresses, never names: a name may
 * point somewhere else a moment later.
 */
public final class AddressGuard {
    /** What is not the public internet: IANA's special-purpose registries, and the clouds' metadata addresses in them. */
    private static final List<Block> SPECIAL = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    "::/127",
                    "100::/64",
                    "2001::/23",
                    "2001:db8::/32",
                    "3fff::/20",
                    "5f00::/16",
                    "64:ff9b:1::/48",
                    "fc00::/7",
                    "fe80::/10",
                    "fec0::/10",
                    "ff00::/8")
            .map(Block::of)
            .toList();

    /** IPv6 addresses that carry an IPv4 address, and where in them it lies. */
    private static final List<Carrier> CARRIERS = List.of(
            new Carrier(Block.of("::/96"), 12),
            new Carrier(Block.of("::ffff:0:0:0/96"), 12),
            new Carrier(Block.of("64:ff9b::/96"), 12),
            new Carrier(Block.of("2002::/16"), 2));

    private final boolean strict;
    private final List<Block> allowed;

    private AddressGuard(boolean strict, List<Block> allowed) {
        this.strict = strict;
        this.allowed = allowed;
    }

    /**
     * Refuses all that is not the public internet.
     *
     * @param exempt IP addresses and CIDR blocks that are let through
     */
    public static AddressGuard strict(List<String> exempt) {
        return new AddressGuard(true, exempt.stream().map(Block::of).toList());
    }

    /** Refuses nothing. */
    public static AddressGuard unrestricted() {
        return new AddressGuard(false, List.of());
    }

    /** Why this address may not be connected to, or null when it may. */
    @Nullable
    String refusal(InetAddress address) {
        var bytes = address.getAddress();
        if (!strict || in(allowed, bytes)) {
            return null;
        }
        for (var carrier : CARRIERS) {
            if (carrier.block().contains(bytes)) {
                var carried = Arrays.copyOfRange(bytes, carrier.offset(), carrier.offset() + 4);
                return in(SPECIAL, bytes) || (in(SPECIAL, carried) && !in(allowed, carried)) ? reason(address) : null;
            }
        }
        return in(SPECIAL, bytes) ? reason(address) : null;
    }

    private static boolean in(List<Block> blocks, byte[] address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }

    private static String reason(InetAddress address) {
        return "the address " + address.getHostAddress() + " is private or reserved; AP_SSRF_ALLOW_LIST can allow it";
    }

    private record Carrier(Block block, int offset) {}

    /** A CIDR block; a plain address is a block of one. */
    private record Block(byte[] base, int bits) {
        static Block of(String text) {
            var parts = text.strip().split("/", 2);
            var base = InetAddress.ofLiteral(parts[0]).getAddress();
            if (parts.length == 1) {
                return new Block(base, base.length * 8);
            }
            var bits = Integer.parseInt(parts[1]);
            // Java reads a mapped address as the IPv4 address in it; its block is written with 96 bits more.
            var mapped = base.length == 4 && parts[0].contains(":");
            return new Block(base, mapped ? Math.max(0, bits - 96) : Math.min(bits, base.length * 8));
        }

        boolean contains(byte[] address) {
            if (address.length != base.length) {
                return false;
            }
            for (var bit = 0; bit < bits; bit += 8) {
                var mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
                if (((address[bit / 8] ^ base[bit / 8]) & mask & 0xff) != 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
