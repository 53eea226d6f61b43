# What the scripts share. To be sourced, with $root set.

target=${CARGO_TARGET_DIR:-$root/target}

# need TEST PACKAGE...: installs Debian packages when the test fails.
need() {
    local test=$1
    shift
    if eval "$test" >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "please install: $*" >&2
        exit 1
    fi
    echo "installing: $*" >&2
    if [ -z "${apt_updated:-}" ]; then
        apt-get update -qq
        apt_updated=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=400 "$@" >/dev/null
}

# need_cargo COMMAND CRATE: installs a cargo command when it is not there.
need_cargo() {
    if cargo "$1" --version >/dev/null 2>&1; then return; fi
    echo "installing: $2 (once, some minutes)" >&2
    cargo install --quiet --locked "$2"
}

# venv NAME REQUIREMENTS: a private Python with just these packages, made anew when they change.
venv() {
    local place=$target/$1
    if cmp -s "$2" "$place/requirements.txt"; then return; fi
    rm -rf "$place"
    python3 -m venv "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check -r "$2"
    cp "$2" "$place/requirements.txt"
}

# node_packages NAME FOLDER: the folder's npm packages, installed outside the tree, anew when they change.
node_packages() {
    local place=$target/$1
    if cmp -s "$2/package-lock.json" "$place/installed.json"; then return; fi
    rm -rf "$place"
    mkdir -p "$place"
    cp "$2/package.json" "$2/package-lock.json" "$2/.npmrc" "$place/"
    (cd "$place" && npm ci --silent --ignore-scripts)
    cp "$2/package-lock.json" "$place/installed.json"
}

# need_webkit: what the windows are built with.
need_webkit() {
    need "pkg-config --exists webkit2gtk-4.1 gtk+-3.0" pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev
    need_node
}

# need_node: a Node that can build the pages. Where Debian's is older, a newer one from npm is used,
# in the target directory.
need_node() {
    need "command -v node && command -v npm" nodejs npm
    if node_is_new node; then return; fi
    local place=$target/node
    if ! node_is_new "$place/node_modules/node/bin/node"; then
        npm install --silent --no-audit --no-fund --prefix "$place" node@22 >/dev/null
    fi
    PATH=$place/node_modules/node/bin:$PATH
}

node_is_new() { # the oldest that Vite takes
    "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
        >/dev/null 2>&1
}

# pages: builds the pages of the windows into ui/dist, where the build of the program takes them.
pages() {
    (
        cd "$root/ui"
        if ! cmp -s package-lock.json node_modules/.installed; then
            npm ci --silent --ignore-scripts
            cp package-lock.json node_modules/.installed
        fi
        npm run --silent build -- --logLevel warn
    )
}
