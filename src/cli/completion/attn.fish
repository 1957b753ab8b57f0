# Completion of attn for fish: attn itself says what may follow, a candidate and its meaning on each line.
function __attn_candidates
    set -l program (commandline -opc)[1]
    $program completion fish -- (commandline -cp | string collect) 2>/dev/null
end
complete -c attn -f -a '(__attn_candidates)'
