namespace CliWrap;

/// <summary>Entry point: turns the path of a program into a <see cref="Command"/>.</summary>
public static class Cli
{
    /// <summary>Creates a command that runs the given executable; a bare name is looked up in <c>PATH</c>.</summary>
    public static Command Wrap(string targetFilePath) => new(targetFilePath);
}
