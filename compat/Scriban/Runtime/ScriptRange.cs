using System.Collections;

namespace Scriban.Runtime;

/// <summary>The integers from <c>first</c> to <c>last</c>, both included, upwards or downwards; made one at a time.</summary>
internal sealed class ScriptRange(long first, long last) : IEnumerable<object?>
{
    public static ScriptRange Empty { get; } = new(0, 0) { IsEmpty = true };

    private bool IsEmpty { get; init; }

    public long Count => IsEmpty ? 0 : Math.Abs(last - first) + 1;

    public IEnumerator<object?> GetEnumerator()
    {
        var step = first <= last ? 1 : -1;
        for (long i = 0, count = Count; i < count; i++)
            yield return Values.FitInteger(first + (i * step));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
