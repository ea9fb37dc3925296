# bash completion for yuzui
_yuzui() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local commands="init run check reload status explain replay policy price key group code credit transfer refund balance usage margins moves jobs audit backup test plugins conform train version help"
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
        return
    fi
    case $before in
        -c | --config | --body | -o) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --listen | --admin | --model | --key | -H | --header) return ;;
    esac
    case $word in
        -*)
            local options=
            case $command in
                run) options="-c --config --listen --admin" ;;
                init) options="--force --no-try" ;;
                check) options="-c --config --offline --instead" ;;
                replay) options="-c --config --instead --json" ;;
                policy) options="-c --config --versions --text --version --note --json" ;;
                reload) options="-c --config --admin" ;;
                status) options="-c --config --admin --json" ;;
                explain) options="-c --config --instead --translate --flavour --stream --dialect --body --model --key --listen -H --header --json" ;;
                price) options="-c --config --input --output --meter --at --json -o --seller --model --beside --accept --free --cache-write-1h --date" ;;
                key | group)
                    options="-c --config --json --group --models --addresses --labels --expires --rpm --tpm --chain --account --tenant --note"
                    options="$options --budget-day --budget-month --budget-total --markup --overlap --warn-at --downgrade"
                    ;;
                code) options="-c --config --json --usd --count --expires --account --batch" ;;
                credit) options="-c --config --usd --id --note --new --refund --json" ;;
                transfer) options="-c --config --to --usd --id --note --new --json" ;;
                refund) options="-c --config --usd --id --note --json" ;;
                plugins) options="-c --config" ;;
                balance) options="-c --config --limit --json --csv" ;;
                audit) options="-c --config --limit --json --provider-export --provider" ;;
                usage) options="-c --config --id --limit --by --from --until --key --model --provider --label --json --csv" ;;
                jobs) options="-c --config --limit --json --csv" ;;
                margins) options="-c --config --by --from --until --csv --json" ;;
                moves) options="-c --config --limit --json --csv" ;;
                backup) options="-c --config" ;;
                conform) options="--streams" ;;
                train) options="-o --templates --leave-out --dev" ;;
            esac
            mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
            return
            ;;
    esac
    case $command in
        help) mapfile -t COMPREPLY < <(compgen -W "config auth policy cache limit fallback retry balance $commands" -- "$word") ;;
        policy)
            if [ "$COMP_CWORD" = 2 ]; then
                mapfile -t COMPREPLY < <(compgen -W "history show activate rollback" -- "$word")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
            fi
            ;;
        plugins) mapfile -t COMPREPLY < <(compgen -W "$(yuzui plugins 2>/dev/null | cut -d' ' -f1)" -- "$word") ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _yuzui yuzui
