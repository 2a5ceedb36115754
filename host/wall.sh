#!/bin/sh
# Raises the operating system's wall around a host and becomes it.
#
#   wall.sh walled|open pure|effectful <empty folder> <node> <folder of host/> <folder of the socket> <data limit in KB> \
#       <node's arguments ...>
#
# Inside: own user, mount, process, IPC and host-name namespaces, in a pure host also an own, empty network; a root that
# holds node, the libraries it names, host/ and the socket's folder, all read-only; no capabilities, no environment, and
# no way to new privileges. Exits 75 when this machine does not allow it. "open" keeps the limits only.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

limits() {
    # Memory that V8's own limit does not count; the bytes that a crash may write; no core dumps.
    ulimit -d "$memory" 2>/dev/null || :
    ulimit -f 8192 2>/dev/null || :
    ulimit -c 0 2>/dev/null || :
}

if [ "$1" != inside ]; then
    # The kernel kills the first process when the thread of the server that started it ends, and the host with it.
    die=
    command -v setpriv >/dev/null 2>&1 && die="setpriv --pdeathsig KILL --"
    if [ "$1" = open ]; then
        node=$4 memory=$7
        shift 7
        limits
        # shellcheck disable=SC2086 # the words of $die are meant apart
        exec $die env -i "$node" "$@"
    fi
    network=
    [ "$2" = pure ] && network=--net
    shift
    # shellcheck disable=SC2086
    exec $die unshare --user --map-root-user --mount --pid --ipc --uts $network --fork --kill-child \
        /bin/sh "$0" inside "$@"
fi

shift
class=$1 root=$2 node=$3 host=$4 socket=$5 memory=$6
shift 6

refuse() {
    echo "the wall can not be raised: $1" >&2
    exit 75
}

# Binds a file or folder to the same place in the new root, read-only. $2: more mount options.
show() {
    if [ -d "$1" ]; then
        mkdir -p "$root$1"
    else
        [ -d "$root${1%/*}" ] || mkdir -p "$root${1%/*}"
        : >"$root$1"
    fi
    mount -o "bind,ro,nosuid,nodev${2-}" "$1" "$root$1" || refuse "mount of $1"
}

libraries() {
    ldd "$1" 2>/dev/null | sed -n 's/^.*[[:space:]]\(\/[^[:space:]]*\) (0x.*$/\1/p'
}

mount -t tmpfs -o size=1m,mode=755,nosuid,nodev tmpfs "$root" 2>/dev/null || refuse "tmpfs on $root"
IFS='
'
guard=
command -v setpriv >/dev/null 2>&1 && guard=$(command -v setpriv)
for file in $(printf '%s\n' "$node" $guard $(libraries "$node") $( [ -z "$guard" ] || libraries "$guard" ) | sort -u); do
    show "$file"
done
show "$host" ,noexec
show "$socket" ,noexec
if [ "$class" = effectful ]; then
    # What resolving names needs; certificates are node's own.
    for file in /etc/resolv.conf /etc/hosts /etc/nsswitch.conf; do
        [ ! -e "$file" ] || show "$file" ,noexec
    done
fi
mount -o remount,ro,nosuid,nodev "$root" || refuse "read-only root"
cd /

limits
chroot=$(command -v chroot)
if [ -n "$guard" ]; then
    exec env -i "$chroot" "$root" "$guard" --bounding-set=-all --inh-caps=-all --no-new-privs "$node" "$@"
fi
exec env -i "$chroot" "$root" "$node" "$@"
