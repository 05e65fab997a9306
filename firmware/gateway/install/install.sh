#!/bin/sh
# Install, update or remove a Gantry gateway or host agent on Raspberry Pi OS or Debian 12. Run as root; run it again at any
# time: what is right stays as it is, settings and data are kept.
set -eu

usage() {
    cat <<'END'
install.sh [--host] [options]

  (nothing)          a gateway with mosquitto as its broker
  --host             the host agent instead, on the equipment's own computer
  --embedded         the gateway's own broker instead of mosquitto: for a small site
  --collector URL    https:// address of the collector, for a new gateway.toml
  --ca FILE          what the gateway checks the collector by: `ca export --pem`
  --name NAME        host name or address by which terminals reach this gateway
  --identity FOLDER  what `collector terminal host` wrote, for --host
  --wheels FOLDER    take every package from this folder, no network
  --keep-program     settings and units only; the program that is there stays
  --dry-run          say what would be done, change nothing
  --uninstall        remove the program and its units; settings and data stay
  --purge            with --uninstall: remove settings, data and user too

DESTDIR=FOLDER installs below a folder and leaves users and systemd alone. PYTHON names the interpreter (python3).
END
}

stop() {
    echo "install.sh: $*" >&2
    exit 1
}

# Every change goes through here: said, and done unless it is a dry run.
run() {
    if [ "$dry" = 1 ]; then
        echo "would: $*"
    else
        "$@"
    fi
}

# put FILE MODE PATH: a file of ours to its place, only when it differs.
put() {
    if ! cmp -s "$1" "$root$3"; then
        run mkdir -p "$(dirname "$root$3")"
        run cp "$1" "$root$3"
        run chmod "$2" "$root$3"
        changed=1
        [ "$dry" = 1 ] || echo "put $3"
    fi
}

own() {
    if [ -z "$root" ]; then
        run chown "$@"
    fi
}

systemd() {
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        run systemctl "$@"
    fi
}

add_user() {
    if [ -z "$root" ] && ! id "$1" >/dev/null 2>&1; then
        run useradd --system --home-dir "/var/lib/$1" --shell /usr/sbin/nologin "$1"
    fi
}

check_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        stop "$python is not Python 3.11 or newer; install it, or name one with PYTHON="
    "$python" -c 'import ensurepip, venv' 2>/dev/null || stop "$python cannot make environments; apt install python3-venv"
}

# The program beside the one that runs, then in its place: what fails on the way changes nothing.
put_program() {
    if [ "$keep" = 1 ]; then
        return
    fi
    new="$root/opt/gantry.new"
    run rm -rf "$new"
    run mkdir -p "$root/opt"
    run "$python" -m venv "$new"
    run cp "$tree/requirements.txt" "$new/requirements.txt"
    if [ -n "$wheels" ]; then
        run "$new/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$wheels" \
            -c "$new/requirements.txt" "gantry[$extra]"
    else
        run mkdir "$new/source"
        run cp -R "$tree/firmware" "$tree/pyproject.toml" "$tree/README.md" "$tree/LICENSE" "$new/source/"
        run "$new/bin/python" -m pip install --quiet --disable-pip-version-check -c "$new/requirements.txt" \
            "$new/source[$extra]"
        run rm -rf "$new/source"
    fi
    run mkdir -p "$new/docs"
    run cp "$tree/docs/guide-gateway.md" "$tree/docs/settings.md" "$tree/docs/changelog.md" "$new/docs/"
    if [ -e "$root/opt/gantry" ]; then
        run mv "$root/opt/gantry" "$root/opt/gantry.old"
    fi
    run mv "$new" "$root/opt/gantry"
    run rm -rf "$root/opt/gantry.old"
}

# A command for people: as the unit's user, with its settings. command NAME ROOM SETTINGS USER
put_command() {
    written=$(mktemp)
    cat >"$written" <<END
#!/bin/sh
exec runuser -u $4 -- /opt/gantry/bin/python -m $2 --config $3 "\$@"
END
    put "$written" 755 "/usr/local/bin/$1"
    rm -f "$written"
}

put_settings() {
    if [ -e "$root/etc/gantry/gateway.toml" ]; then
        return
    fi
    if [ "$embedded" = 1 ]; then
        mqtt='embedded = true
'
    else
        mqtt="embedded = false
host = \"127.0.0.1\"
port = 8883
server_name = \"$name\"
password_file = \"/run/gantry/passwords\"
acl_file = \"/run/gantry/access\"
certificate_file = \"/run/gantry/gateway.pem\"
pid_file = \"/run/gantry/mosquitto.pid\"
log_file = \"/run/gantry/log\"
"
    fi
    written=$(mktemp)
    while IFS= read -r line; do
        case $line in
            *@COLLECTOR@*) printf 'url = "%s"\n' "$collector" ;;
            @MQTT@) printf '%s\n' "$mqtt" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$here/gateway.toml" >"$written"
    put "$written" 640 /etc/gantry/gateway.toml
    rm -f "$written"
}

install_gateway() {
    extra=gateway
    if [ ! -e "$root/etc/gantry/gateway.toml" ]; then
        [ -n "$collector" ] || stop "a new gateway needs --collector https://..., --ca FILE and --name NAME"
        [ -n "$name" ] || stop "a new gateway needs --name: the host name or address that terminals dial"
        [ -r "$ca" ] || stop "a new gateway needs --ca: the file that \`collector ca export --pem\` wrote"
    fi
    if [ "$embedded" = 0 ] && [ -z "$root" ]; then
        for program in mosquitto nft; do
            [ -x "/usr/sbin/$program" ] || stop "there is no $program; apt install mosquitto nftables, or take --embedded"
        done
    fi
    check_python
    add_user gantry
    put_program
    put_settings
    if [ -n "$ca" ]; then
        put "$ca" 644 /etc/gantry/ca.pem
    fi
    run chmod 750 "$root/etc/gantry"
    own root:gantry "$root/etc/gantry" "$root/etc/gantry/gateway.toml"
    run mkdir -p "$root/var/lib/gantry"
    run chmod 700 "$root/var/lib/gantry"
    own gantry:gantry "$root/var/lib/gantry"
    put "$here/gantry-gateway.service" 644 /etc/systemd/system/gantry-gateway.service
    put "$here/tmpfiles-gantry.conf" 644 /etc/tmpfiles.d/gantry.conf
    put "$here/journald-gantry.conf" 644 /etc/systemd/journald.conf.d/gantry.conf
    if [ "$embedded" = 0 ]; then
        put "$here/mosquitto.conf" 644 /etc/gantry/mosquitto.conf
        if [ ! -e "$root/etc/gantry/mosquitto.nft" ]; then
            put "$here/mosquitto.nft" 644 /etc/gantry/mosquitto.nft
        fi
        put "$here/mosquitto-gantry.conf" 644 /etc/systemd/system/mosquitto.service.d/gantry.conf
    fi
    put_command gantry-gateway firmware.gateway /etc/gantry/gateway.toml gantry
    if [ -z "$root" ]; then
        run systemd-tmpfiles --create /etc/tmpfiles.d/gantry.conf
    fi
    systemd daemon-reload
    systemd restart systemd-journald
    if [ "$embedded" = 0 ]; then
        systemd enable mosquitto
        systemd restart mosquitto
    fi
    systemd enable gantry-gateway
    systemd restart --no-block gantry-gateway
    if [ ! -e "$root/var/lib/gantry/identity.json" ]; then
        echo "next: gantry-gateway enrol --code CODE --name ${name:-NAME}"
        echo "then: systemctl restart mosquitto gantry-gateway"
    fi
}

install_host() {
    extra=host
    if [ ! -e "$root/etc/gantry-host/identity.json" ]; then
        [ -r "$identity/identity.json" ] || stop "a new host agent needs --identity: the folder \`collector terminal host\` wrote"
    fi
    check_python
    add_user gantry-host
    put_program
    if [ -n "$identity" ]; then
        put "$identity/identity.json" 600 /etc/gantry-host/identity.json
        put "$identity/ca.der" 644 /etc/gantry-host/ca.der
    fi
    if [ ! -e "$root/etc/gantry-host/host.toml" ]; then
        put "$here/host.toml" 644 /etc/gantry-host/host.toml
    fi
    own -R gantry-host:gantry-host "$root/etc/gantry-host"
    put "$here/gantry-host.service" 644 /etc/systemd/system/gantry-host.service
    put_command gantry-host firmware.host /etc/gantry-host/host.toml gantry-host
    systemd daemon-reload
    systemd enable gantry-host
    systemd restart gantry-host
}

# Of the clock everything depends: certificates, and the time that terminals are told.
check_clock() {
    if [ -z "$root" ] && command -v timedatectl >/dev/null && [ "$(timedatectl show -p NTP --value)" != yes ]; then
        echo "the clock is not kept by NTP: apt install chrony, or timedatectl set-ntp true"
    fi
}

take_away() {
    for path in "$@"; do
        if [ -e "$root$path" ]; then
            run rm -rf "$root$path"
            [ "$dry" = 1 ] || echo "removed $path"
        fi
    done
}

remove_user() {
    if [ -z "$root" ] && id "$1" >/dev/null 2>&1; then
        run userdel "$1"
    fi
}

uninstall() {
    for unit in gantry-gateway gantry-host; do
        if [ -e "$root/etc/systemd/system/$unit.service" ]; then
            systemd disable --now "$unit"
        fi
    done
    had_mosquitto=0
    if [ -e "$root/etc/systemd/system/mosquitto.service.d/gantry.conf" ]; then
        had_mosquitto=1
        systemd stop mosquitto # as long as systemd knows what goes with it
    fi
    take_away /etc/systemd/system/gantry-gateway.service /etc/systemd/system/gantry-host.service \
        /etc/systemd/system/mosquitto.service.d/gantry.conf /etc/tmpfiles.d/gantry.conf \
        /etc/systemd/journald.conf.d/gantry.conf /usr/local/bin/gantry-gateway /usr/local/bin/gantry-host \
        /opt/gantry /opt/gantry.new /opt/gantry.old
    systemd daemon-reload
    if [ "$had_mosquitto" = 1 ]; then
        systemd start mosquitto
    fi
    if [ "$purge" = 1 ]; then
        take_away /etc/gantry /etc/gantry-host /var/lib/gantry /var/lib/gantry-host /run/gantry
        remove_user gantry
        remove_user gantry-host
    else
        echo "kept: /etc/gantry, /etc/gantry-host, /var/lib/gantry, /var/lib/gantry-host (--purge removes them)"
    fi
}

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../../.." && pwd)
root=${DESTDIR:-}
python=${PYTHON:-python3}
what=gateway keep=0 dry=0 embedded=0 purge=0 changed=0
collector='' ca='' name='' identity='' wheels=''

while [ $# -gt 0 ]; do
    case $1 in
        --host) what=host ;;
        --embedded) embedded=1 ;;
        --dry-run) dry=1 ;;
        --keep-program) keep=1 ;;
        --uninstall) what=nothing ;;
        --purge) purge=1 ;;
        --collector | --ca | --name | --identity | --wheels)
            [ $# -gt 1 ] || stop "$1 needs a value"
            eval "${1#--}=\$2"
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) stop "there is no option $1; install.sh --help names them" ;;
    esac
    shift
done

[ "$dry" = 1 ] || [ -n "$root" ] || [ "$(id -u)" = 0 ] || stop "run it as root, or with --dry-run"
[ "$purge" = 0 ] || [ "$what" = nothing ] || stop "--purge goes with --uninstall"
case $collector in '' | https://*) ;; *) stop "--collector is $collector; it begins with https://" ;; esac
[ -z "$wheels" ] || [ -d "$wheels" ] || stop "--wheels: there is no folder $wheels"

case $what in
    gateway) install_gateway ;;
    host) install_host ;;
    nothing) uninstall ;;
esac
[ "$what" = nothing ] || check_clock
[ "$what" = nothing ] || [ "$changed" = 1 ] || echo "everything was in its place; the program is renewed"
