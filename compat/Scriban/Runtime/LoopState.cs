using System.Collections;

namespace Scriban.Runtime;

/// <summary>The variable <c>for</c> inside a loop.</summary>
internal sealed class LoopState(IEnumerable items)
{
    private object? _value;

    public int Index { get; set; }

    public bool IsLast { get; set; }

    public bool IsChanged { get; private set; } = true;

    public object? Value
    {
        get => _value;
        set
        {
            IsChanged = Index == 0 || !Equals(_value, value);
            _value = value;
        }
    }

    public bool TryGet(string member, out object? value)
    {
        value = member switch
        {
            "index" => Index,
            "rindex" => Members.Count(items) - Index - 1,
            "length" => Members.Count(items),
            "first" => Index == 0,
            "last" => IsLast,
            "even" => (Index & 1) == 0,
            "odd" => (Index & 1) != 0,
            "changed" => IsChanged,
            _ => null,
        };
        return value is not null;
    }
}
