using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Store;

/// <summary>Output never replaces anything but a regular file.</summary>
public sealed class OutputPathSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_device_is_written_to_and_stays_a_device()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: only root makes device nodes");
        var node = _folder["null"];
        Run("mknod", node, "c", "1", "3");

        Write(node);

        OutputPath.Of(node).IsStream.ShouldBeTrue("it must still be the device");
        Directory.GetFileSystemEntries(_folder.Path).ShouldBe([node], "and nothing is left beside it");
    }

    [Fact]
    public void The_target_of_a_link_is_replaced_and_the_link_stays()
    {
        _folder.Write("file", "old");
        File.CreateSymbolicLink(_folder["link"], "file");
        File.CreateSymbolicLink(_folder["dangling"], "new");

        Write(_folder["link"]);
        Write(_folder["dangling"]);

        new FileInfo(_folder["link"]).LinkTarget.ShouldBe("file");
        foreach (var written in new[] { "file", "new" })
            File.ReadAllText(_folder[written]).ShouldBe("content");
    }

    [Fact]
    public void An_unwritable_path_is_refused_with_its_reason_and_stays()
    {
        Directory.CreateDirectory(_folder["folder"]);
        Run("mkfifo", _folder["pipe"]);
        File.CreateSymbolicLink(_folder["loop"], "loop");
        foreach (
            var (path, kind, reason) in new[]
            {
                ("folder", ErrorKind.InvalidInput, "is a folder"),
                ("folder/", ErrorKind.InvalidInput, "is a folder"),
                ("pipe", ErrorKind.InvalidInput, "a named pipe"),
                ("loop", ErrorKind.InvalidInput, "can't be resolved"),
                ("missing/file", ErrorKind.NotFound, "there is no folder"),
            }
        )
        {
            var error = Should.Throw<CloudletException>(() => Write($"{_folder.Path}/{path}"));
            (error.Kind, error.Message.Contains(reason, StringComparison.Ordinal)).ShouldBe((kind, true), error.Message);
        }

        Directory
            .GetFileSystemEntries(_folder.Path)
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal)
            .ShouldBe(["folder", "loop", "pipe"]);
    }

    [Fact]
    public void A_block_device_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: only root makes device nodes");
        Run("mknod", _folder["drive"], "b", "7", "250");
        Should.Throw<CloudletException>(() => Write(_folder["drive"])).Message.ShouldContain("block device");
    }

    /// <summary>A file that is already open may be partly written or have no name: output is appended.</summary>
    [Fact]
    public void An_open_file_is_appended_to()
    {
        var path = _folder.Write("log", "before,");
        using (var open = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            Write($"/proc/self/fd/{open.SafeFileHandle.DangerousGetHandle()}");
        File.ReadAllText(path).ShouldBe("before,content");
    }

    private static void Write(string path)
    {
        using var staged = new StagedFile(path);
        using (var file = staged.Open())
            file.Write("content"u8);
        staged.Publish();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }
}
