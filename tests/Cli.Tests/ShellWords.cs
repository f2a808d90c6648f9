using System.Text;

namespace Cloudlet.Cli.Tests;

/// <summary>Enough of the shell to find the commands of a documented line.</summary>
internal static class ShellWords
{
    /// <summary>The words after <c>cloudlet</c> of each command of a line, also of those in $(…).</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(string line)
    {
        var all = new List<List<string>> { new() };
        var word = new StringBuilder();
        var isWord = false;
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\'' && c == '$' && i + 1 < line.Length && line[i + 1] == '(')
            {
                var end = line.IndexOf(')', i);
                all.InsertRange(
                    0,
                    Commands(line[(i + 2)..end])
                        .Select(static words =>
                            new List<string> { "cloudlet" }
                                .Concat(words)
                                .ToList()
                        )
                );
                word.Append('x');
                isWord = true;
                i = end;
            }
            else if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                isWord = true;
            }
            else if (c == '#' && !isWord)
            {
                break;
            }
            else if (c is ' ' or '&' or '|' or ';' or '>')
            {
                End();
                if (c != ' ')
                    all.Add([]);
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        End();
        return [.. all.Where(static words => words is ["cloudlet", ..]).Select(static words => words[1..])];

        void End()
        {
            if (isWord)
                all[^1].Add(word.ToString());
            word.Clear();
            isWord = false;
        }
    }
}
