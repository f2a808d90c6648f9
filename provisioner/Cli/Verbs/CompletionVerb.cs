using System.CommandLine;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet completion</c>: prints scripts for command line completion.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _cloudlet() {
            local IFS=$'\n'
            COMPREPLY=($(cloudlet "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
            [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o filenames -F _cloudlet cloudlet
        """;

    private const string Zsh = """
        #compdef cloudlet
        _cloudlet() {
            local -a found
            found=("${(@f)$(cloudlet "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a found
            _files
        }
        compdef _cloudlet cloudlet
        # From a folder of fpath, zsh runs this file for the first completion.
        [ "${funcstack[1]}" != _cloudlet ] || _cloudlet "$@"
        """;

    private const string Fish = """
        complete -c cloudlet -a '(cloudlet "[suggest:"(commandline -C)"]" (commandline))'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new VerbCommand("completion", "Print a script that makes a shell complete `cloudlet` commands.")
        {
            Examples =
            [
                ("cloudlet completion bash > /etc/bash_completion.d/cloudlet", "for every user of bash"),
                ("cloudlet completion fish > ~/.config/fish/completions/cloudlet.fish", "for one user of fish"),
            ],
        };
        verb.Arguments.Add(shell);
        verb.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(
                parsed.GetValue(shell) switch
                {
                    "zsh" => Zsh,
                    "fish" => Fish,
                    _ => Bash,
                }
            );
            return ExitCodes.Ok;
        });
        return verb;
    }
}
