using System.Text.RegularExpressions;

namespace Cloudlet.Architecture.Tests;

/// <summary>Raw system calls are in one room, so that there is one declaration of each.</summary>
public sealed partial class SystemCallSpecs
{
    private static readonly string[] Rooms = ["healthd/", "infra/", "provisioner/"];

    /// <summary>The room of system calls, and the libraries beside it: sd-bus, zstd and lzma.</summary>
    private static readonly string[] Allowed =
    [
        "provisioner/Linux/",
        "provisioner/Machine/Systemd/SdBus.cs",
        "provisioner/Synthesis/Compression/",
    ];

    [Fact]
    public void Native_functions_are_declared_in_their_places_only() =>
        Repository
            .Files(".cs")
            .Where(static file => IsChecked(file) && Import().IsMatch(File.ReadAllText(Repository.At(file))))
            .ShouldBeEmpty();

    [Fact]
    public void Libraries_are_not_declared_among_system_calls() =>
        Repository
            .Files(".cs")
            .Where(static file => file.StartsWith(Allowed[0], StringComparison.Ordinal))
            .SelectMany(static file => Import().Matches(File.ReadAllText(Repository.At(file))).Select(m => (file, m.Groups["from"].Value)))
            .Where(static import => import.Value != "\"libc\"")
            .ShouldBeEmpty();

    [Fact]
    public void No_function_is_declared_twice()
    {
        var declared = Repository
            .Files(".cs")
            .Where(static file => file.StartsWith(Allowed[0], StringComparison.Ordinal))
            .SelectMany(static file => EntryPoint().Matches(File.ReadAllText(Repository.At(file))))
            .Select(static m => m.Groups["name"].Value)
            .Where(static name => name != "syscall") // one function for calls with different arguments
            .ToList();

        declared.Count.ShouldBeGreaterThan(40);
        declared.ShouldBeUnique();
    }

    /// <summary>The check finds what it is for.</summary>
    [Theory]
    [InlineData("provisioner/Machine/Files/Libc.cs", "    [LibraryImport(\"libc\", EntryPoint = \"statx\")]", true)]
    [InlineData("healthd/Healthd/Watch/Libc.cs", "[DllImport(Library)]", true)]
    [InlineData("infra/Provider/Agents/Libc.cs", "[System.Runtime.InteropServices.DllImport(\"libc\")]", true)]
    [InlineData("provisioner/Lab/Native/Libc.cs", "[SuppressGCTransition, LibraryImport(\"libc\")]", true)]
    [InlineData("provisioner/Synthesis/Pages/Libc.cs", "[LibraryImportAttribute(\"libc\")]", true)]
    [InlineData("provisioner/Synthesis/Pages/Libc.cs", "// see LibraryImport", false)]
    [InlineData("provisioner/Linux/FileCalls.cs", "[LibraryImport(\"libc\")]", false)]
    [InlineData("provisioner/Machine/Systemd/SdBus.cs", "[LibraryImport(Library)]", false)]
    [InlineData("tests/TestKit/TmpfsMount.cs", "[LibraryImport(\"libc\")]", false)]
    public void A_declaration_elsewhere_is_found(string file, string code, bool isFound) =>
        (IsChecked(file) && Import().IsMatch(code)).ShouldBe(isFound);

    private static bool IsChecked(string file) =>
        Rooms.Any(room => file.StartsWith(room, StringComparison.Ordinal))
        && !Allowed.Any(place => file.StartsWith(place, StringComparison.Ordinal));

    [GeneratedRegex(
        @"[\[,.]\s*(LibraryImport|DllImport)(Attribute)?\s*\(\s*(?<from>[^,)\s]+)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Import();

    [GeneratedRegex(@"EntryPoint = ""(?<name>\w+)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EntryPoint();
}
