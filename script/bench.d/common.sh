# shellcheck shell=bash
# shellcheck disable=SC2154 # The variables are set where it is sourced.
# What ./script/bench does on both engines: data, servers, loads. A server is known by its name, in the records too.

declare -A servers addresses tokens databases
stop() {
    [ -n "${servers[$1]:-}" ] || return 0
    kill "${servers[$1]}" 2>/dev/null || true
    wait "${servers[$1]}" 2>/dev/null || true
    unset "servers[$1]"
}
stop_all() {
    local name
    for name in "${!servers[@]}"; do stop "$name"; done
}
trap stop_all EXIT

# serve NAME COMMAND...: starts a server and waits until it can be reached at the address of that name.
serve() {
    local name=$1 address=${addresses[$1]}
    "${@:2}" --listen "$address" >"$data/$name.log" 2>&1 &
    servers[$name]=$!
    until (exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null; do
        kill -0 "${servers[$name]}" 2>/dev/null || { cat "$data/$name.log" >&2; exit 1; }
        sleep 0.05
    done
}

# make_csv COUNT: the data set of that size, unless it is there.
make_csv() {
    [ -e "$data/sessions-$1.csv" ] || {
        "$tools/dataset" --sessions "$1" --output "$data/sessions-$1.csv.part"
        mv "$data/sessions-$1.csv.part" "$data/sessions-$1.csv"
    }
    sync "$data/sessions-$1.csv"
}

# import NAME COUNT DATABASE: into a new database of the product; prints a token for it. The import itself is measured.
import() {
    local number
    for number in $(seq -w 50); do
        "$frontdesk" location add "loc-$number" --name "Location $number" --time-zone America/Chicago \
            --database "$3" >/dev/null
    done
    "$frontdesk" token create --scope partner --all-locations --database "$3" 2>/dev/null
    "$load" watch --server "$1" --records "$records" -- "$frontdesk" import "$data/sessions-$2.csv" --database "$3"
}

# import_file NAME COUNT: into a new file of the product, its token beside it.
import_file() {
    local database=$data/$1-$2.db
    rm -f "$database"*
    make_csv "$2"
    import "$1" "$2" "sqlite:$database" >"$database.token"
}

# product DATABASE: sets `product` to the command that serves it, with everything switched on that production has.
product() { product=("$frontdesk" serve --database "$1" --rate-limit 100000000); }

# set_up DATABASE: the practice that the loads O1, P1 and B1 are put on.
set_up() { "$frontdesk" apply bench/practice.toml --database "$1" >/dev/null; }

# fill_practice NAME: its appointments, made over the API of the server.
fill_practice() { "$load" prepare --address "${addresses[$1]}" --token "${tokens[$1]}"; }

# serve_straight DATABASE TOKEN
serve_straight() {
    serve straight "$tools/straight" serve --database "$1" --token "$2" --workers "$workers"
}

# put LOAD NAME OPTIONS... What the process of a server's database uses is its own then, and not a stranger's.
put() {
    "$load" run "$1" --server "$2" --process "${servers[$2]}" --address "${addresses[$2]}" --token "${tokens[$2]}" \
        --pages "$pages" ${databases[$2]:+--database-process "${databases[$2]}"} "${@:3}"
}

# warm NAME: a server that has been running has its data in memory.
warm() { put L1 "$1" --round 1001 --seconds "$warm_up"; }

# measure LOAD NAME OPTIONS...
measure() { put "$@" --round "$round" --seconds "$seconds" --patience "$patience" --records "$records"; }

memory() { "$load" memory "${servers[$1]}" --server "$1" --round "$round" --records "$records"; }

# compare NAME NAME: figures of servers that answer differently say nothing.
compare() {
    "$load" compare --address "${addresses[$1]}" --token "${tokens[$1]}" --with "${addresses[$2]}" \
        --with-token "${tokens[$2]}" --pages "$pages"
}

# starts NAME DATABASE: ends the product's server and measures how soon it answers, five times.
starts() {
    local round
    stop "$1"
    product "$2"
    for round in $(seq 5); do
        FRONTDESK_LOG=warn "$load" start --server "$1" --address "${addresses[$1]}" --token "${tokens[$1]}" \
            --round "$round" --records "$records" -- "${product[@]}" --listen "${addresses[$1]}"
    done
}
