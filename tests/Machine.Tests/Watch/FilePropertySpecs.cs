using Cloudlet.Machine.Files;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Machine.Tests.Watch;

/// <summary>Whatever is done to a tree, a reader that follows the reports knows its final state.</summary>
[Collection(nameof(Alone))]
public sealed class FilePropertySpecs
{
    private static readonly string[] Names = ["a", "b", "a/a", "a/b", "b/a", "a/a/a", "b/a/b", "a/link", "link"];

    public enum Act
    {
        Write,
        Append,
        Replace,
        Delete,
        MakeFolder,
        Rename,
        Link,
        Mode,
        LinkToName,
    }

    [Fact]
    public void After_random_changes_every_path_that_differs_was_reported() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100),
            Prop.ForAll<(Act Act, byte From, byte To)[]>(acts =>
            {
                using var dir = new TempDir();
                var log = new WatchLog();
                using var watch = new FileWatch(log.Take, TimeProvider.System);
                var paths = Names.Select(name => dir[name]).ToArray();
                var marker = dir["marker"];
                watch.Watch([.. paths, marker]);
                var before = paths.ToDictionary(path => path, Look);

                foreach (var (act, from, to) in acts)
                    Do(act, dir[Names[from % Names.Length]], dir[Names[to % Names.Length]]);
                File.WriteAllText(marker, "");
                var touched = new HashSet<string>();
                log.NextAsync<PathTouched>(e => touched.Add(e.Path) && e.Path == marker).GetAwaiter().GetResult();
                watch.Dispose(); // waits for the sink, which may have more of the last batch
                touched.UnionWith(log.TakeAll().OfType<PathTouched>().Select(e => e.Path));

                return paths.All(path => touched.Contains(path) || Look(path) == before[path]);
            })
        );

    [Fact]
    public void A_reader_that_follows_every_report_knows_the_final_state() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100),
            Prop.ForAll<(Act Act, byte From, byte To)[]>(acts =>
            {
                using var dir = new TempDir();
                var paths = Names.Select(name => dir[name]).ToArray();
                var marker = dir["marker"];
                var known = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
                using var end = new ManualResetEventSlim();
                using var watch = new FileWatch(
                    e =>
                    {
                        var path = ((PathTouched)e).Path;
                        known[path] = Look(path);
                        if (path == marker)
                            end.Set();
                    },
                    TimeProvider.System
                );
                watch.Watch([.. paths, marker]);
                foreach (var path in paths)
                    known.TryAdd(path, Look(path));

                foreach (var (act, from, to) in acts)
                    Do(act, dir[Names[from % Names.Length]], dir[Names[to % Names.Length]]);
                File.WriteAllText(marker, "");
                end.Wait(TimeSpan.FromSeconds(10)).ShouldBeTrue();
                watch.Dispose(); // waits for the sink, which may have more of the last batch

                foreach (var path in paths)
                    known[path].ShouldBe(Look(path), path);
                return true;
            })
        );

    private static void Do(Act act, string path, string other)
    {
        try
        {
            switch (act)
            {
                case Act.Write:
                    File.WriteAllText(path, Guid.NewGuid().ToString());
                    break;
                case Act.Append:
                    File.AppendAllText(path, "more");
                    break;
                case Act.Replace:
                    new HostFiles().Write(path, Guid.NewGuid().ToByteArray(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    break;
                case Act.Delete when Directory.Exists(path) && new FileInfo(path).LinkTarget is null:
                    Directory.Delete(path, recursive: true);
                    break;
                case Act.Delete:
                    File.Delete(path);
                    break;
                case Act.MakeFolder:
                    Directory.CreateDirectory(path);
                    break;
                case Act.Rename when Directory.Exists(path) && new FileInfo(path).LinkTarget is null:
                    Directory.Move(path, other);
                    break;
                case Act.Rename:
                    File.Move(path, other, overwrite: true);
                    break;
                case Act.Link:
                    File.CreateSymbolicLink(path, other);
                    break;
                case Act.Mode:
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
                    break;
                default:
                    File.CreateSymbolicLink(path, Path.GetFileName(other));
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Errors.CloudletException)
        {
            // Not every change is possible in every state.
        }
    }

    /// <summary>
    /// What a reader of the path finds: its type, its own target, what is behind it, and for a folder the same of its entries.
    /// </summary>
    private static string Look(string path) => Look(path, withEntries: true);

    private static string Look(string path, bool withEntries)
    {
        try
        {
            var info = new FileInfo(path);
            if (Directory.Exists(path))
            {
                var entries = withEntries ? Directory.GetFileSystemEntries(path).Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
                var looks = entries.Where(e => Path.GetFileName(e) != "marker").Select(e => $"{e}={Look(e, withEntries: false)}");
                return $"folder {info.LinkTarget}: {string.Join(", ", looks)}";
            }
            return info.LinkTarget is null && !info.Exists
                ? "nothing"
                : $"file {info.LinkTarget}: {(File.Exists(path) ? File.ReadAllText(path) : "dangling")}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }
}
