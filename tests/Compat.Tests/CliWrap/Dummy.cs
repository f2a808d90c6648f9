using CliWrap;

namespace Compat.Tests.CliWrap;

/// <summary>Commands that run tests/DummyProgram, which the build puts beside the tests.</summary>
internal static class Dummy
{
    public static string FilePath { get; } = Path.Combine(AppContext.BaseDirectory, "DummyProgram");

    public static Command Run(params string[] arguments) => Cli.Wrap(FilePath).WithArguments(arguments);
}
