# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # The variables are set, and used, where it is sourced.
# The measurements of the embedded engine: the product on SQLite (frontdesk, and large with the large data), beside a bare
# axum server (ceiling) and a straight one on SQLite (straight).

addresses=([ceiling]=127.0.0.1:$port [straight]=127.0.0.1:$((port + 1)) [frontdesk]=127.0.0.1:$((port + 2))
    [large]=127.0.0.1:$((port + 3)))
[ "$fresh" = no ] || rm -f "$data"/{straight,frontdesk,large}-*.db*
file=$data/frontdesk-$sessions.db large_file=$data/large-$large.db

make_straight() {
    local file=$data/straight-$sessions.db
    [ -e "$file" ] || {
        rm -f "$file.part"*
        "$tools/straight" load "$data/sessions-$sessions.csv" --database "$file.part"
        mv "$file.part" "$file"
    }
    # On a copy: the sessions that W1 starts are not to be there the next time.
    rm -f "$data/straight.db"*
    cp "$file" "$data/straight.db"
}

make_large() {
    # What decides how the file looks; a file of another make is imported anew.
    local make
    make=$(cat crates/store/src/sqlite/migrations/* crates/domain/src/feed/tally.rs | cksum)
    if [ "$make" = "$(cat "$large_file.make" 2>/dev/null)" ]; then
        cat "$large_file.import" >>"$records"
    else
        rm -f "$large_file.make"
        import_file large "$large"
        awk '$1 == "import" && $2 == "large"' "$records" >"$large_file.import"
        echo "$make" >"$large_file.make"
    fi
    tokens[large]=$(<"$large_file.token")
}

step "the data: $sessions sessions"
make_csv "$sessions"
make_straight
import_file frontdesk "$sessions"
tokens[frontdesk]=$(<"$file.token")
tokens[straight]=${tokens[frontdesk]} tokens[ceiling]=${tokens[frontdesk]}
if [ "$with_large" = yes ]; then
    step "the data: $large sessions"
    make_large
fi

step "starting the servers, $workers workers each"
sync
serve_straight "$data/straight.db" "${tokens[straight]}"
set_up "sqlite:$file"
product "sqlite:$file"
serve frontdesk "${product[@]}"
fill_practice frontdesk
compare frontdesk straight

step "warming up: a server that has been running has its file mapped"
warm=$(warm frontdesk)
echo "$warm"
if [ "$with_large" = yes ]; then
    product "sqlite:$large_file"
    serve large "${product[@]}"
    warm large
fi
warm straight
# The fixed body is as long as the answers to L1 are on average.
size=$(sed -n 's/.*\tbytes=\([0-9]*\).*/\1/p' <<<"$warm")
serve ceiling "$tools/ceiling" --size "$size" --workers "$workers"

for round in $(seq "$rounds"); do
    step "reading, round $round of $rounds"
    measure L1 ceiling
    measure L1 frontdesk
    memory frontdesk
    if [ "$with_large" = yes ]; then
        measure L1 large
        memory large
        measure L2 large
    fi
    measure L2 frontdesk
    measure L3 frontdesk
    measure O1 frontdesk
    measure P1 frontdesk
    for load_name in L1 L2 L3; do
        measure $load_name straight
    done
done
for round in $(seq "$rounds"); do
    step "writing, round $round of $rounds"
    measure W1 frontdesk
    measure W1 straight
    measure B1 frontdesk
done

step "starting"
starts frontdesk "sqlite:$file"
[ "$with_large" = no ] || starts large "sqlite:$large_file"
