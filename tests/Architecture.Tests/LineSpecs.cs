namespace Cloudlet.Architecture.Tests;

/// <summary>Lines fit on a screen. The formatter breaks most of them; this finds the rest.</summary>
public sealed class LineSpecs
{
    /// <summary>The same limit as in .csharpierrc.</summary>
    private const int Longest = 140;

    private const int LongestOfDocuments = 120;

    [Fact]
    public void Lines_of_code_are_at_most_140_characters_long()
    {
        var tooLong =
            from file in Repository.Files(".cs")
            from line in LinesOf(file)
            where line.Text.Length > Longest && !line.IsData
            select $"{file}:{line.Number}: {line.Text.Length} characters";

        tooLong.ShouldBeEmpty();
    }

    [Fact]
    public void Lines_of_documents_are_at_most_120_characters_long()
    {
        var tooLong =
            from file in Repository.Files(".md")
            from line in ProseOf(file)
            where line.Text.Length > LongestOfDocuments
            select $"{file}:{line.Number}: {line.Text.Length} characters";

        tooLong.ShouldBeEmpty();
    }

    /// <summary>Without code blocks, tables and links, which cannot be broken.</summary>
    private static IEnumerable<(int Number, string Text)> ProseOf(string file)
    {
        var inside = false;
        var number = 0;
        foreach (var line in File.ReadLines(Repository.At(file)))
        {
            number++;
            var start = line.TrimStart();
            if (start.StartsWith("```", StringComparison.Ordinal))
                inside = !inside;
            else if (!inside && !start.StartsWith('|') && !line.Contains("](", StringComparison.Ordinal))
                yield return (number, line);
        }
    }

    /// <summary>Raw string literals hold data of other languages (JSON, shell, YAML), whose lines are not ours to break.</summary>
    private static IEnumerable<(int Number, string Text, bool IsData)> LinesOf(string file)
    {
        var inside = false;
        var number = 0;
        foreach (var line in File.ReadLines(Repository.At(file)))
        {
            var marks = line.Split("\"\"\"").Length - 1;
            yield return (++number, line, inside || marks > 0);
            inside ^= marks % 2 == 1;
        }
    }
}
