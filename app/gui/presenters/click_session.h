#pragma once

#include "hand_painting.h"

#include "gui/model/document.h"
#include "gui/model/signals.h"
#include "host/workers/interaction.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace iso::gui {

/// Clicks on an image and the answers of a task to them, without a toolkit.
///
/// The clicks that count are kept here, and so are the parameters. A thread asks a worker about all of them, so that no
/// answer is waited for; whatever becomes of the list (a click, its undo, its redo, a moved slider, a worker that died and was
/// replaced), the whole list is the question. Each answer enters the document as one undo step; while the user rests, the
/// task goes on and refines that step.
///
/// A click at which the worker dies is taken off the list, a new worker gets the clicks before it, and `retry` makes it
/// again. Where even those end the worker, nothing is started any more until `retry` or the next click.
///
/// Further outputs of the task (a probability, a deviation) are live items of the document, which every answer replaces. A
/// table of places (columns x_mm, y_mm, z_mm) is no item: it is where the task would like the next click.
///
/// Voxels that the user painted on the label map keep their label, whatever later answers say, until that stroke is undone.
class ClickSession {
 public:
  /// With the parameters to begin with; called on the thread of the worker.
  using Start = std::function<std::shared_ptr<host::InteractionWorker>(const std::string& parameters_json)>;
  using Post = std::function<void(std::function<void()>)>;  ///< runs it on the desktop's thread, later
  struct Trouble {
    std::string sentence, hint;
    bool can_retry{false};
    bool over{false};  ///< the task cannot do this at all
  };

  /// Starts a worker at once, so that the first click finds it warm. `image` has a raster. `result` is the label map to go
  /// on with, which the worker was given; 0: one is made with the first answer.
  ClickSession(Document& document, ItemId image, std::string parameters_json, Start start, Post post,
               ItemId result = 0);
  ~ClickSession();  ///< ends the worker without waiting for it; the labels stay
  ClickSession(const ClickSession&) = delete;
  ClickSession& operator=(const ClickSession&) = delete;

  void click(const std::array<std::int32_t, 3>& voxel, std::uint16_t label, std::string step_name);
  /// Marks of a click log as one step, before any click of this session.
  void load(const std::vector<plugin::Mark>& marks);
  /// The newest click is taken back: with its step where it made one, which then is the newest step but for strokes.
  void take_back_newest();
  /// All clicks answered with other parameters: one undo step, which takes the parameters back too.
  void set_parameters(std::string parameters_json);
  [[nodiscard]] const std::string& parameters() const noexcept { return parameters_; }
  void retry();
  [[nodiscard]] std::size_t clicks() const noexcept { return clicks_.size(); }  ///< that count now
  [[nodiscard]] std::vector<plugin::Mark> marks() const;                        ///< that count now
  [[nodiscard]] std::vector<ClickMark> shown_marks() const;                     ///< those, and what is suggested
  [[nodiscard]] bool waiting() const noexcept;                                  ///< for the answer to a click
  [[nodiscard]] bool settled() const;  ///< the worker is asked nothing more until the clicks or the parameters change
  [[nodiscard]] ItemId result() const noexcept { return result_; }  ///< the label map; 0 before an answer

  Signal<> marks_changed;  ///< clicks, or what is suggested
  Signal<> answered;       ///< the document shows what the worker said
  Signal<> ready;          ///< the worker has every click of the list
  Signal<const Trouble&> troubled;
  Signal<const std::string&> parameters_changed;  ///< by undo or redo

 private:
  enum class Stage : std::uint8_t { waiting, without_effect, entered };
  struct Click {
    std::uint64_t id{0};
    plugin::Mark mark;
    std::string name;
    Stage stage{Stage::waiting};
  };
  struct Answer {
    std::vector<std::uint64_t> ids;  ///< of the clicks it answers
    std::string parameters;
    bool refines{false};
    DatasetPtr labels;
    std::map<std::string, DatasetPtr> further;  ///< outputs beside the labels, by port
  };
  struct Failure {
    std::uint64_t click{0};  ///< at which it happened; 0: at none
    Errc code{Errc::internal};
    std::string sentence, hint;
  };
  struct Thread;

  void hand_over();
  void take(const Answer& answer);
  void enter(const Answer& answer, std::vector<Click> covered);
  void fail(const Failure& failure);
  void enter_parameters(const std::string& now, std::shared_ptr<const Document::LabelDelta> delta);
  void take_back(const std::vector<Click>& clicks);
  void insert_clicks(const std::vector<Click>& clicks);
  void show_further(const std::map<std::string, DatasetPtr>& outputs);
  void show_beneath();
  void remove_further();

  Document& document_;
  ItemId image_, result_{0};
  HandPainting painting_;                      ///< on the result
  bool refining_{false};                       ///< what changes the labels now belongs to the newest step
  std::string parameters_, shown_parameters_;  ///< asked with, and those of what the document shows
  std::vector<Click> clicks_;                  ///< in the order they were made
  std::vector<Click> failed_;
  std::vector<Vec3> suggested_;            ///< places for the next click, the best first
  std::map<std::string, ItemId> further_;  ///< live items of the further outputs, by port
  std::uint64_t last_id_{0};
  int failures_{0};  ///< since the worker last had every click
  std::shared_ptr<Thread> thread_;
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
  Signal<ItemId, const Document::LabelDelta&, bool>::Connection labels_connection_;
};

}  // namespace iso::gui
