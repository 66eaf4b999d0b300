# Marks prompts and commands for Homie (OSC 133), and says which folder the
# shell is in (OSC 7). Fish comes here by XDG_DATA_DIRS, which is put back.
# HOMIE_SHELL_INTEGRATION=0 switches it off.

set -l __homie_data (string replace -r '/fish/vendor_conf\.d/[^/]*$' '' -- (status filename))
if set -q XDG_DATA_DIRS
    set -l kept (string join : (string match -v -- $__homie_data (string split : -- $XDG_DATA_DIRS)))
    # These are what programs take where nothing is said.
    if test "$kept" = /usr/local/share:/usr/share
        set -e XDG_DATA_DIRS
    else
        set -gx XDG_DATA_DIRS $kept
    end
end

# Later ones mark prompts and commands by themselves.
if status is-interactive; and not functions -q __homie_begin; and string match -qr '^[23]\.' -- $version
    # Begins with the first prompt, when the account's own files have been read.
    function __homie_begin --on-event fish_prompt
        functions -e __homie_begin
        if test "$HOMIE_SHELL_INTEGRATION" = 0
            return
        end

        function __homie_preexec --on-event fish_preexec
            printf '\e]133;C\a'
        end

        function __homie_postexec --on-event fish_postexec
            printf '\e]133;D;%s\a' $status
        end

        function __homie_prompt --on-event fish_prompt
            printf '\e]7;file://%s%s\a\e]133;A\a' (string escape --style=url -- $hostname $PWD)
            # A prompt may be defined anew at any time.
            if functions -q fish_prompt; and not string match -q '*__homie_own_prompt*' -- (functions fish_prompt)
                functions -e __homie_own_prompt
                functions -c fish_prompt __homie_own_prompt
                function fish_prompt
                    __homie_own_prompt
                    printf '\e]133;B\a'
                end
            end
        end
        __homie_prompt
    end
end
