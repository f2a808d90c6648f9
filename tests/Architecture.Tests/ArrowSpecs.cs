using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cloudlet.Architecture.Tests;

/// <summary>The references between projects match the table in docs/architecture.md.</summary>
public sealed partial class ArrowSpecs
{
    private static readonly string[] Rooms = ["compat", "healthd", "infra", "provisioner"];

    [Fact]
    public void Every_room_is_in_the_table_of_rooms()
    {
        var told = Table().Select(static row => row.Room).ToList();

        Projects()
            .Select(static p => p.Room)
            .Where(room => !told.Any(t => room == t || room.StartsWith(t, StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void A_room_refers_only_to_rooms_that_the_table_allows()
    {
        var table = Table();
        var wrong = new List<string>();
        foreach (var (room, references) in Projects())
        {
            var row = table.FindIndex(r => room == r.Room || room.StartsWith(r.Room, StringComparison.Ordinal));
            var allowed =
                table[row].LooksAt == "all of the above"
                    ? string.Join(", ", table.Take(row).Select(static r => r.Room))
                    : table[row].LooksAt;
            wrong.AddRange(
                references
                    .Where(r => !Regex.IsMatch(allowed, $@"\b{Regex.Escape(r)}\b", RegexOptions.NonBacktracking))
                    .Select(r => $"{room} -> {r}; the table allows: {allowed}")
            );
        }

        wrong.ShouldBeEmpty();
    }

    private static List<(string Room, string LooksAt)> Table() =>
        [
            .. File.ReadLines(Repository.At("docs/architecture.md"))
                .Select(static line => Row().Match(line))
                .Where(static m => m.Success)
                .Select(static m => (m.Groups["room"].Value, m.Groups["looks"].Value.Trim())),
        ];

    /// <summary>Each project outside of tests, by its folder, with the folders of the projects that it references.</summary>
    private static IEnumerable<(string Room, IReadOnlyList<string> References)> Projects() =>
        Repository
            .Files(".csproj")
            .Where(static file => Rooms.Contains(file.Split('/')[0]))
            .Select(static file =>
            {
                var includes = XDocument
                    .Load(Repository.At(file))
                    .Descendants()
                    .Where(static e => e.Name.LocalName is "ProjectReference" or "NamedPackage")
                    .Select(static e => e.Attribute("Include")!.Value);
                return (Path.GetDirectoryName(file)!, (IReadOnlyList<string>)[.. includes.Select(RoomOf)]);
            });

    private static string RoomOf(string include) =>
        include.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileName(Path.GetDirectoryName(include))! : include;

    [GeneratedRegex(@"^\| `(?<room>[a-zA-Z/]+?)/?` \|.*\|(?<looks>[^|]*)\|$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
