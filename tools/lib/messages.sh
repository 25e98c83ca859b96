# shellcheck shell=sh disable=SC2154
# What tools/tcpabort and tools/setup say. Sourced by both, which set root.

# one_line WORDS...: prints them as one line that cannot drive a terminal, whatever a file name in them holds.
one_line() {
    line=$*
    case $line in
    *[!\ -~]* | *\\*)
        line=$(python3 -I -B "$root/tools/lib/escape.py" "$*" 2>/dev/null) ||
            line=$(printf '%s' "$*" | LC_ALL=C tr -c ' -~' '?') # python3 may be what is to be installed
        ;;
    esac
    printf '%s\n' "$line"
}

# say WORDS...: one line on stderr.
say() {
    one_line "tcpabort: $*" >&2
}

# fail STATUS WORDS...: says it and ends.
fail() {
    status=$1
    shift
    say "$*"
    exit "$status"
}
